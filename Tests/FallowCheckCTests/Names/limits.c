/* With WRONG: assertion. */
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static int next, taken[MAX(2, MIN(4, 3))];

FALLOW_OPERATION(compute, FALLOW_EMPTY, FALLOW_OVER)
{
	unsigned long wide = SZ_2M / SZ_4K;

	BUG_ON(U8_MAX != 255 || U16_MAX != 65535 || U32_MAX != UINT_MAX);
	BUG_ON(U64_MAX != ULONG_MAX || INT_MAX + INT_MIN != -1);
	BUG_ON(LONG_MAX + LONG_MIN != -1);
	BUG_ON(fls(12U) != 4 || fls64(1ULL << 40) != 41 || ffs(12) != 3);
	BUG_ON(ilog2(wide) != 9 || __ffs(wide) != 9 || __fls(wide) != 9);
	BUG_ON(roundup(13, 6) != 18 || min3(4, 2, 3) != 2);
	BUG_ON(max3(4, 2, 3) != 4);
	return true;
}

/* What is read once is read once. */
FALLOW_READER_ON(1, take)
{
	int before = READ_ONCE(next);

	taken[0] = max(xchg(&next, before + 1), before);
#ifdef WRONG
	BUG_ON(READ_ONCE(next) != before + 2);
#else
	BUG_ON(READ_ONCE(next) != before + 1);
#endif
	WRITE_ONCE(next, 0);
	return true;
}
