/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .interrupts = 1);

static int busy;

FALLOW_READER(work_on)
{
#ifndef WRONG
	local_irq_disable();
#endif
	busy = 1;
	busy = 0;
#ifndef WRONG
	local_irq_enable();
#endif
	return true;
}

FALLOW_INTERRUPT(tick)
{
	BUG_ON(busy);
	return true;
}
