/* With WRONG: assertion. */
#include <linux/atomic.h>
#include <linux/bug.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static int count;
static int turns[2];

/* Whether this is the first of both, in one of many ways. */
static bool comes_first(int way)
{
	int old = 0;

	switch (way) {
	case 0: return xchg_acquire(&count, 1) == 0;
	case 1: return xchg_release(&count, 1) == 0;
	case 2: return cmpxchg_acquire(&count, 0, 1) == 0;
	case 3: return cmpxchg_release(&count, 0, 1) == 0;
	case 4: return try_cmpxchg(&count, &old, 1);
	case 5: return try_cmpxchg_acquire(&count, &old, 1);
	case 6: return try_cmpxchg_release(&count, &old, 1);
	case 7: return cmpxchg64(&count, 0, 1) == 0;
	case 8: return xchg_relaxed(&count, 1) == 0;
	default:
#ifdef WRONG
		if (READ_ONCE(count))
			return false;
		WRITE_ONCE(count, 1);
		return true;
#else
		return cmpxchg_relaxed(&count, 0, 1) == 0;
#endif
	}
}

FALLOW_OPERATION(race, FALLOW_EMPTY, FALLOW_OVER)
{
	if (comes_first(fallow_choose(10)))
		WRITE_ONCE(turns[slot->number], 1);
	BUG_ON(READ_ONCE(turns[0]) + READ_ONCE(turns[1]) > 1);
	return true;
}
