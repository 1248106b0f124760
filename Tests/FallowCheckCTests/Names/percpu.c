/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

#ifdef WRONG
static int count;
#define MINE count
#else
static DEFINE_PER_CPU(int, counts);
#define MINE per_cpu(counts, smp_processor_id())
#endif

FALLOW_OPERATION(count_up, FALLOW_EMPTY, FALLOW_EMPTY)
{
	int before;

	preempt_disable();
	before = READ_ONCE(MINE);
	WRITE_ONCE(MINE, before + 1);
	BUG_ON(READ_ONCE(MINE) != before + 1);
	WRITE_ONCE(MINE, 0);
	preempt_enable();
	return true;
}
