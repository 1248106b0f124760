/* With WRONG: assertion. */
#include <linux/atomic.h>
#include <linux/bug.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

static atomic_t a = ATOMIC_INIT(5);
static atomic_long_t l = ATOMIC_LONG_INIT(0);

/* What each leaves and returns. */
FALLOW_OPERATION(change, FALLOW_EMPTY, FALLOW_OVER)
{
	int old = 0;

	atomic_add(2, &a);
	atomic_sub(1, &a);
	atomic_dec(&a);
	BUG_ON(atomic_read(&a) != 5);
	BUG_ON(atomic_add_return(2, &a) != 7 || atomic_sub_return(1, &a) != 6);
	BUG_ON(atomic_fetch_add(1, &a) != 6 || atomic_fetch_sub(2, &a) != 7);
	BUG_ON(atomic_fetch_inc(&a) != 5 || atomic_fetch_dec(&a) != 6);
	BUG_ON(atomic_dec_return(&a) != 4 || atomic_dec_and_test(&a));
	BUG_ON(!atomic_sub_and_test(3, &a) || !atomic_add_negative(-1, &a));
	BUG_ON(!atomic_inc_and_test(&a));
	BUG_ON(atomic_add_unless(&a, 1, 0) || atomic_inc_not_zero(&a));
	BUG_ON(atomic_dec_if_positive(&a) != -1);
#ifdef WRONG
	/* It is not taken below 0. */
	BUG_ON(atomic_read(&a) != -1);
#endif
	atomic_or(6, &a);
	atomic_and(3, &a);
	atomic_xor(1, &a);
	atomic_andnot(2, &a);
	BUG_ON(atomic_fetch_or(2, &a) != 1 || atomic_fetch_and(2, &a) != 3);
	BUG_ON(atomic_fetch_xor(1, &a) != 2 || atomic_fetch_andnot(1, &a) != 3);
	BUG_ON(atomic_xchg(&a, 8) != 2 || atomic_cmpxchg(&a, 7, 9) != 8);
	BUG_ON(atomic_try_cmpxchg(&a, &old, 1) || old != 8);
	BUG_ON(!atomic_try_cmpxchg(&a, &old, 1));
	atomic_set_release(&a, 4);
	BUG_ON(atomic_read_acquire(&a) != 4);
	atomic_long_inc(&l);
	BUG_ON(atomic_long_fetch_add_relaxed(2, &l) != 1);
	BUG_ON(atomic_long_cmpxchg_release(&l, 3, 1) != 3);
	BUG_ON(atomic_long_xchg_acquire(&l, 0) != 1);
	return true;
}
