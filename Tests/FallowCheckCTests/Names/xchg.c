/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static unsigned int held, inside;

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_OVER)
{
#ifdef WRONG
	if (READ_ONCE(held))
		return false;
	WRITE_ONCE(held, 1);
#else
	if (xchg(&held, 1))
		return false;
#endif
	BUG_ON(inside);
	inside = 1;
	inside = 0;
	smp_store_release(&held, 0);
	return true;
}
