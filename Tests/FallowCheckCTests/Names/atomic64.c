/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static atomic64_t tickets = ATOMIC64_INIT(0);
static s64 taken[2];

FALLOW_OPERATION(take, FALLOW_EMPTY, FALLOW_OVER)
{
	s64 mine, other;
#ifdef WRONG
	mine = atomic64_read(&tickets);
	atomic64_set(&tickets, mine + 1);
#else
	mine = atomic64_add_return(1, &tickets) - 1;
#endif
	WRITE_ONCE(taken[slot->number], mine + 1);
	other = READ_ONCE(taken[!slot->number]);
	BUG_ON(other == mine + 1);
	return true;
}
