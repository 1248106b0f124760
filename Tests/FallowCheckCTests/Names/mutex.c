/* With WRONG: sleepInAtomic. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DEFINE_MUTEX(lock);
static DEFINE_SPINLOCK(spin);
static int n;

FALLOW_OPERATION(count, FALLOW_EMPTY, FALLOW_EMPTY)
{
#ifdef WRONG
	spin_lock(&spin);
#endif
	mutex_lock(&lock);
	BUG_ON(n);
	n++;
	n--;
	mutex_unlock(&lock);
#ifdef WRONG
	spin_unlock(&spin);
#endif
	return true;
}
