/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct object { refcount_t count; int is_gone; };
static struct object object;
static struct object *found = &object;
static DEFINE_SPINLOCK(lock);

FALLOW_SETUP(make)
{
	refcount_set(&object.count, 1);
	refcount_add(2, &object.count);
	BUG_ON(refcount_read(&object.count) != 3);
	refcount_dec(&object.count);
	BUG_ON(refcount_sub_and_test(1, &object.count));
	return true;
}

/* The last reference is given up under the lock that hides the object. */
static void put(struct object *held)
{
#ifdef WRONG
	if (!refcount_dec_and_test(&held->count))
		return;
	spin_lock(&lock);
#else
	if (refcount_dec_not_one(&held->count))
		return;
	if (!refcount_dec_and_lock(&held->count, &lock))
		return;
#endif
	found = NULL;
	held->is_gone = 1;
	spin_unlock(&lock);
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	struct object *held = &object;

	if (slot->number == 1) {
		spin_lock(&lock);
		held = found;
		if (held) {
			BUG_ON(held->is_gone);
			refcount_inc(&held->count);
		}
		spin_unlock(&lock);
	}
	if (held)
		put(held);
	return true;
}
