/* With WRONG: selfDeadlock. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .interrupts = 2,
	       .interrupts_on_each_cpu = 1);

static DEFINE_SPINLOCK(lock);

FALLOW_READER(use)
{
	unsigned long flags;

#ifdef WRONG
	/* Interrupts come to CPU 1 as well. */
	if (smp_processor_id() == 1) {
		spin_lock(&lock);
		spin_unlock(&lock);
		return true;
	}
#endif
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
	return true;
}

FALLOW_INTERRUPT(come)
{
	spin_lock(&lock);
	spin_unlock(&lock);
	return true;
}
