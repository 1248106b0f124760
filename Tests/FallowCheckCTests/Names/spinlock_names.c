/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/spinlock.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static spinlock_t lock;
static DEFINE_RAW_SPINLOCK(raw);
static int inside, inside_raw;

static void enter_and_leave(int *inside)
{
	BUG_ON(READ_ONCE(*inside));
	WRITE_ONCE(*inside, 1);
	WRITE_ONCE(*inside, 0);
}

static void in_any_way(int way)
{
	unsigned long flags;

	switch (way) {
	case 0:
		spin_lock_bh(&lock);
		enter_and_leave(&inside);
		spin_unlock_bh(&lock);
		return;
	case 1:
		spin_lock_irq(&lock);
		enter_and_leave(&inside);
		spin_unlock_irq(&lock);
		return;
	case 2:
		spin_lock_nested(&lock, 1);
		assert_spin_locked(&lock);
		enter_and_leave(&inside);
		spin_unlock(&lock);
		return;
	case 3:
		spin_lock_irqsave_nested(&lock, flags, 1);
		lockdep_assert_held(&lock);
		enter_and_leave(&inside);
		spin_unlock_irqrestore(&lock, flags);
		return;
	case 4:
		if (!spin_trylock_irqsave(&lock, flags))
			return;
		enter_and_leave(&inside);
		spin_unlock_irqrestore(&lock, flags);
		return;
	case 5:
		if (!spin_trylock_irq(&lock))
			return;
		enter_and_leave(&inside);
		spin_unlock_irq(&lock);
		return;
	default:
#ifndef WRONG
		if (!spin_trylock_bh(&lock))
			return;
#endif
		enter_and_leave(&inside);
#ifndef WRONG
		spin_unlock_bh(&lock);
#endif
	}
}

static void in_any_raw_way(int way)
{
	unsigned long flags;

	switch (way) {
	case 0:
		raw_spin_lock(&raw);
		enter_and_leave(&inside_raw);
		raw_spin_unlock(&raw);
		return;
	case 1:
		raw_spin_lock_irq(&raw);
		enter_and_leave(&inside_raw);
		raw_spin_unlock_irq(&raw);
		return;
	case 2:
		raw_spin_lock_irqsave(&raw, flags);
		enter_and_leave(&inside_raw);
		raw_spin_unlock_irqrestore(&raw, flags);
		return;
	default:
		if (!raw_spin_trylock(&raw))
			return;
		enter_and_leave(&inside_raw);
		raw_spin_unlock(&raw);
	}
}

FALLOW_SETUP(make)
{
	spin_lock_init(&lock);
	return true;
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	in_any_way(fallow_choose(7));
	return true;
}

FALLOW_OPERATION(use_raw, FALLOW_EMPTY, FALLOW_OVER)
{
	in_any_raw_way(fallow_choose(4));
	return true;
}
