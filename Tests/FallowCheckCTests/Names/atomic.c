/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static atomic_t n = ATOMIC_INIT(0), done = ATOMIC_INIT(0);

FALLOW_OPERATION(count, FALLOW_EMPTY, FALLOW_OVER)
{
#ifdef WRONG
	atomic_set(&n, atomic_read(&n) + 1);
#else
	atomic_inc(&n);
#endif
	if (atomic_inc_return(&done) == 2)
		BUG_ON(atomic_read(&n) != 2);
	return true;
}
