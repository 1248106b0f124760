/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DECLARE_RWSEM(sem);
static int pair[2];

FALLOW_OPERATION(write_pair, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		down_write(&sem);
		pair[0]++;
		pair[1]++;
		up_write(&sem);
		return true;
	}
#ifndef WRONG
	down_read(&sem);
#endif
	BUG_ON(READ_ONCE(pair[0]) != READ_ONCE(pair[1]));
#ifndef WRONG
	up_read(&sem);
#endif
	return true;
}
