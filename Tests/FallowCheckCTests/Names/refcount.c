/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct object { refcount_t count; int value; };
static struct object object = { REFCOUNT_INIT(1), 1 };
static atomic_t puts = ATOMIC_INIT(0);

static void put(void)
{
	if (refcount_dec_and_test(&object.count))
		WRITE_ONCE(object.value, 0);
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		put();
		return true;
	}
#ifdef WRONG
	refcount_inc(&object.count);
#else
	if (!refcount_inc_not_zero(&object.count))
		return true;
#endif
	BUG_ON(!READ_ONCE(object.value));
	put();
	return true;
}
