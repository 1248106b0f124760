/* With WRONG: useAfterFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .objects = 1,
	       .failing_allocations = 1);

struct note { unsigned long value; struct rcu_head rcu; };
static DEFINE_SRCU(readers);
static struct note *shared;

FALLOW_SETUP(prepare)
{
	return init_srcu_struct(&readers) == 0;
}

FALLOW_OPERATION_ON(1, replace, FALLOW_EMPTY, FALLOW_EMPTY)
{
	struct note *note = kmalloc(sizeof(*note), GFP_KERNEL);

	if (!note)
		return false;
	note->value = 4;
	rcu_assign_pointer(shared, note);
	RCU_INIT_POINTER(shared, NULL);
	synchronize_srcu_expedited(&readers);
	cleanup_srcu_struct(&readers);
#ifdef WRONG
	kfree(note);
#else
	kvfree_rcu(note, rcu);
#endif
	return true;
}

/* Under RCU, not under SRCU. */
FALLOW_READER_ON(2, look)
{
	struct note *note;

	rcu_read_lock();
	note = rcu_dereference(shared);
	if (note)
		BUG_ON(READ_ONCE(note->value) != 4);
	rcu_read_unlock();
	return true;
}
