/* With WRONG: selfDeadlock. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .interrupts = 1);

static DEFINE_SPINLOCK(lock);
static int n;

FALLOW_READER(count)
{
	unsigned long flags;

#ifdef WRONG
	flags = 0;
	spin_lock(&lock);
	n++;
	n--;
	spin_unlock(&lock);
	(void)flags;
#else
	spin_lock_irqsave(&lock, flags);
	n++;
	n--;
	spin_unlock_irqrestore(&lock, flags);
#endif
	return true;
}

FALLOW_INTERRUPT(tick)
{
	spin_lock(&lock);
	BUG_ON(n);
	spin_unlock(&lock);
	return true;
}
