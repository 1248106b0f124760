/* With WRONG: useAfterFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .objects = 1);

struct object { int value; struct rcu_head rcu; };
static struct object *shared;

FALLOW_SETUP(publish)
{
	shared = kmalloc(sizeof(*shared), GFP_KERNEL);
	return true;
}

FALLOW_OPERATION_ON(1, withdraw, FALLOW_EMPTY, FALLOW_OVER)
{
	struct object *object = shared;

	RCU_INIT_POINTER(shared, NULL);
#ifdef WRONG
	kfree(object);
#else
	kfree_rcu(object, rcu);
#endif
	return true;
}

FALLOW_READER_ON(2, look)
{
	struct object *object;

	rcu_read_lock();
	object = rcu_dereference(shared);
	if (object)
		(void)READ_ONCE(object->value);
	rcu_read_unlock();
	return true;
}
