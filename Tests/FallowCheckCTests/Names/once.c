/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static unsigned long n, done;
static DEFINE_SPINLOCK(lock);

FALLOW_OPERATION(count, FALLOW_EMPTY, FALLOW_OVER)
{
#ifndef WRONG
	spin_lock(&lock);
#endif
	WRITE_ONCE(n, READ_ONCE(n) + 1);
#ifndef WRONG
	spin_unlock(&lock);
#endif
	if (__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST) == 1)
		BUG_ON(READ_ONCE(n) != 2);
	return true;
}
