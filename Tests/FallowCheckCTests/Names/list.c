/* With WRONG: badAddress. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct item { struct list_head link; };
static struct item items[2];
static LIST_HEAD(list);
static DEFINE_SPINLOCK(lock);

FALLOW_OPERATION(put, FALLOW_EMPTY, FALLOW_OVER)
{
	struct item *mine = &items[slot->number];

	spin_lock(&lock);
	list_add_tail(&mine->link, &list);
	spin_unlock(&lock);
	spin_lock(&lock);
	list_del(&mine->link);
#ifdef WRONG
	list_del(&mine->link);
#endif
	spin_unlock(&lock);
	return true;
}
