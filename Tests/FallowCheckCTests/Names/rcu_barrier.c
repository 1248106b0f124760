/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static struct rcu_head head;
static int is_gone;

static void count(struct rcu_head *unused)
{
	BUG_ON(READ_ONCE(is_gone));
}

FALLOW_OPERATION_ON(1, leave, FALLOW_EMPTY, FALLOW_OVER)
{
	call_rcu(&head, count);
#ifndef WRONG
	rcu_barrier();
#endif
	WRITE_ONCE(is_gone, 1);
	return true;
}

FALLOW_READER_ON(2, read)
{
	rcu_read_lock();
	rcu_read_unlock();
	return true;
}
