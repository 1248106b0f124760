/* With WRONG: useAfterFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .objects = 1,
	       .failing_allocations = 1);

struct note { unsigned long value; struct rcu_head rcu; };
DEFINE_STATIC_SRCU(readers);
static struct note *shared;

FALLOW_OPERATION_ON(1, replace, FALLOW_EMPTY, FALLOW_EMPTY)
{
	struct note *note = kmalloc(sizeof(*note), GFP_KERNEL);

	if (!note)
		return false;
	note->value = 4;
	rcu_assign_pointer(shared, note);
	RCU_INIT_POINTER(shared, NULL);
#ifndef WRONG
	synchronize_srcu(&readers);
#endif
	kfree(note);
	return true;
}

FALLOW_READER_ON(2, look)
{
	int phase = srcu_read_lock(&readers);
	struct note *note = srcu_dereference(shared, &readers);

	if (note)
		BUG_ON(READ_ONCE(note->value) != 4);
	might_sleep();
	srcu_read_unlock(&readers, phase);
	return true;
}
