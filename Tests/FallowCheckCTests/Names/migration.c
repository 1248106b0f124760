/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .migrates = 1);

static DEFINE_PER_CPU(int, busy);

FALLOW_READER(use)
{
	int cpu;

#ifdef WRONG
	cpu = raw_smp_processor_id();
#else
	cpu = get_cpu();
#endif
	BUG_ON(READ_ONCE(per_cpu(busy, cpu)));
	WRITE_ONCE(per_cpu(busy, cpu), 1);
	WRITE_ONCE(per_cpu(busy, cpu), 0);
#ifndef WRONG
	put_cpu();
#endif
	return true;
}
