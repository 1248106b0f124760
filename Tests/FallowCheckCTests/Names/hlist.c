/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct item { struct hlist_node link; int value; };
static struct item items[2] = { { .value = 1 }, { .value = 2 } };
static HLIST_HEAD(list);
static DEFINE_SPINLOCK(lock);

FALLOW_OPERATION(put, FALLOW_EMPTY, FALLOW_OVER)
{
	struct item *at;
	int found = 0;

#ifndef WRONG
	spin_lock(&lock);
#endif
	hlist_add_head(&items[slot->number].link, &list);
	hlist_for_each_entry(at, &list, link)
		found += at->value == slot->number + 1;
	BUG_ON(!found);
#ifndef WRONG
	spin_unlock(&lock);
#endif
	return true;
}
