/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static int sum;

FALLOW_OPERATION_ON(1, add, FALLOW_EMPTY, FALLOW_OVER)
{
	sum = fallow_choose(3) + fallow_choose(2);
#ifdef WRONG
	BUG_ON(sum == 3);
#else
	BUG_ON(sum > 3);
#endif
	return true;
}
