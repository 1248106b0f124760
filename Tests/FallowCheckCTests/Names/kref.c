/* With WRONG: assertion. */
#include <linux/kref.h>
#include <linux/bug.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct object { struct kref ref; int is_gone; };
static struct object object;

static void release(struct kref *ref)
{
	WRITE_ONCE(container_of(ref, struct object, ref)->is_gone, 1);
}

FALLOW_SETUP(make)
{
	kref_init(&object.ref);
	kref_get(&object.ref);
	BUG_ON(kref_put(&object.ref, release) || kref_read(&object.ref) != 1);
	return true;
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		kref_put(&object.ref, release);
		return true;
	}
#ifdef WRONG
	kref_get(&object.ref);
#else
	if (!kref_get_unless_zero(&object.ref))
		return true;
#endif
	BUG_ON(READ_ONCE(object.is_gone));
	kref_put(&object.ref, release);
	return true;
}
