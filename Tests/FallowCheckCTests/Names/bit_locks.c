/* With WRONG: assertion. */
#include <linux/bit_spinlock.h>
#include <linux/bitops.h>
#include <linux/bug.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static unsigned long word;
static int inside;

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_OVER)
{
	switch (fallow_choose(3)) {
	case 0:
		bit_spin_lock(3, &word);
		break;
	case 1:
		if (!bit_spin_trylock(3, &word))
			return true;
		break;
	default:
#ifdef WRONG
		if (test_bit(3, &word))
			return true;
		set_bit(3, &word);
#else
		if (test_and_set_bit_lock(3, &word))
			return true;
#endif
		BUG_ON(READ_ONCE(inside));
		WRITE_ONCE(inside, 1);
		WRITE_ONCE(inside, 0);
		if (fallow_choose(2))
			clear_bit_unlock(3, &word);
		else
			BUG_ON(!test_and_clear_bit(3, &word));
		return true;
	}
	BUG_ON(READ_ONCE(inside));
	WRITE_ONCE(inside, 1);
	WRITE_ONCE(inside, 0);
	bit_spin_unlock(3, &word);
	return true;
}
