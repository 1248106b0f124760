/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <asm/barrier.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1, .store_buffers = 1);

static int wants[2], is_inside[2], ready, value;

/* Either store is seen before the other is looked for. */
static void announce(int own)
{
	switch (fallow_choose(3)) {
	case 0:
		WRITE_ONCE(wants[own], 1);
		mb();
		break;
	case 1:
		smp_store_mb(wants[own], 1);
		break;
	default:
		WRITE_ONCE(wants[own], 1);
#ifdef WRONG
		wmb();
		rmb();
		barrier();
		barrier_nospec();
		dma_wmb();
		dma_rmb();
		smp_rmb();
		smp_mb__before_atomic();
		smp_mb__after_atomic();
		smp_mb__after_spinlock();
#else
		smp_mb();
#endif
	}
}

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_OVER)
{
	int own = slot->number, other = !own;

	if (fallow_choose(2)) {
		announce(own);
		if (READ_ONCE_NOCHECK(wants[other]))
			return true;
		WRITE_ONCE(is_inside[own], 1);
		BUG_ON(data_race(is_inside[other]) && own);
		return true;
	}
	return true;
}

/* What is announced by a word was stored before. */
FALLOW_OPERATION(pass, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		WRITE_ONCE(value, 1);
		smp_store_release(&ready, 1);
		return true;
	}
	if (!READ_ONCE(ready))
		return true;
	if (fallow_choose(2))
		BUG_ON(smp_cond_load_acquire(&ready, VAL) != 1);
	else
		BUG_ON(smp_cond_load_relaxed(&ready, VAL == 1) != 1);
	BUG_ON(!READ_ONCE(value));
	return true;
}
