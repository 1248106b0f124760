/* With WRONG: useAfterFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .objects = 3);

struct object { struct rcu_head rcu; int value; };
static struct object *current_object;

static void free_object(struct rcu_head *head)
{
	kfree(container_of(head, struct object, rcu));
}

FALLOW_OPERATION_ON(1, replace, FALLOW_EMPTY, FALLOW_OVER)
{
	struct object *new, *old;
	int round;

	for (round = 0; round < 2; round++) {
		new = kmalloc(sizeof(*new), GFP_KERNEL);
		new->value = 7;
		old = current_object;
		rcu_assign_pointer(current_object, new);
		if (!old)
			continue;
#ifdef WRONG
		free_object(&old->rcu);
#else
		call_rcu(&old->rcu, free_object);
#endif
	}
	return true;
}

FALLOW_READER_ON(2, look)
{
	struct object *object;

	rcu_read_lock();
	object = rcu_dereference(current_object);
	if (object)
		BUG_ON(object->value != 7);
	rcu_read_unlock();
	return true;
}
