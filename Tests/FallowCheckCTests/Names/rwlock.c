/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DEFINE_RWLOCK(lock);
static int pair[2];

FALLOW_OPERATION(write_pair, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		write_lock(&lock);
		pair[0]++;
		pair[1]++;
		write_unlock(&lock);
		return true;
	}
#ifndef WRONG
	read_lock(&lock);
#endif
	BUG_ON(READ_ONCE(pair[0]) != READ_ONCE(pair[1]));
#ifndef WRONG
	read_unlock(&lock);
#endif
	return true;
}
