/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1, .store_buffers = 2);

static unsigned long wants[2], inside;

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_OVER)
{
	WRITE_ONCE(wants[slot->number], 1);
#ifndef WRONG
	smp_mb();
#endif
	if (READ_ONCE(wants[!slot->number]))
		return true;
	BUG_ON(READ_ONCE(inside));
	WRITE_ONCE(inside, 1);
	WRITE_ONCE(inside, 0);
	return true;
}
