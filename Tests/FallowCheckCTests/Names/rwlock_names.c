/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/rwlock.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static rwlock_t lock;
static int pair[2];

static void write_pair(void)
{
	pair[0]++;
	pair[1]++;
}

static void read_pair(void)
{
	BUG_ON(READ_ONCE(pair[0]) != READ_ONCE(pair[1]));
}

FALLOW_SETUP(make)
{
	rwlock_init(&lock);
	return true;
}

FALLOW_OPERATION(write_any, FALLOW_EMPTY, FALLOW_OVER)
{
	unsigned long flags;

	switch (fallow_choose(4)) {
	case 0:
		write_lock_bh(&lock);
		write_pair();
		write_unlock_bh(&lock);
		break;
	case 1:
		write_lock_irq(&lock);
		write_pair();
		write_unlock_irq(&lock);
		break;
	case 2:
		write_lock_irqsave(&lock, flags);
		write_pair();
		write_unlock_irqrestore(&lock, flags);
		break;
	default:
		if (!write_trylock(&lock))
			break;
		write_pair();
		write_unlock(&lock);
	}
	return true;
}

FALLOW_OPERATION(read_any, FALLOW_EMPTY, FALLOW_OVER)
{
	unsigned long flags;

	switch (fallow_choose(4)) {
	case 0:
		read_lock_bh(&lock);
		read_pair();
		read_unlock_bh(&lock);
		break;
	case 1:
		read_lock_irq(&lock);
		read_pair();
		read_unlock_irq(&lock);
		break;
	case 2:
		read_lock_irqsave(&lock, flags);
		read_pair();
		read_unlock_irqrestore(&lock, flags);
		break;
	default:
#ifdef WRONG
		read_pair();
#else
		if (!read_trylock(&lock))
			break;
		read_pair();
		read_unlock(&lock);
#endif
	}
	return true;
}
