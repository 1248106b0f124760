/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static int held, inside;

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_EMPTY)
{
#ifdef WRONG
	while (READ_ONCE(held))
		cpu_relax();
	WRITE_ONCE(held, 1);
#else
	while (cmpxchg(&held, 0, 1))
		cpu_relax();
#endif
	BUG_ON(inside);
	inside = 1;
	inside = 0;
	smp_store_release(&held, 0);
	return true;
}
