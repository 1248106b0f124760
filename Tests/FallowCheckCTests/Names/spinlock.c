/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DEFINE_SPINLOCK(lock);
static int pair[2];

FALLOW_OPERATION(swap_pair, FALLOW_EMPTY, FALLOW_EMPTY)
{
#ifdef WRONG
	if (spin_is_locked(&lock))
		return false;
#else
	if (!spin_trylock(&lock))
		return false;
#endif
	BUG_ON(pair[0] != pair[1]);
	pair[0] = slot->number;
	pair[1] = slot->number;
#ifndef WRONG
	spin_unlock(&lock);
#endif
	return true;
}
