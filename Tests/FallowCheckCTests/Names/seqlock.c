/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DEFINE_SEQLOCK(lock);
static int pair[2];

FALLOW_OPERATION(write_pair, FALLOW_EMPTY, FALLOW_OVER)
{
	unsigned int start;
	int first, second;

	if (slot->number == 0) {
		write_seqlock(&lock);
		pair[0]++;
		pair[1]++;
		write_sequnlock(&lock);
		return true;
	}
	do {
		start = read_seqbegin(&lock);
		first = READ_ONCE(pair[0]);
		second = READ_ONCE(pair[1]);
#ifdef WRONG
		(void)start;
		break;
#endif
	} while (read_seqretry(&lock, start));
	BUG_ON(first != second);
	return true;
}
