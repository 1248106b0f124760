/* With WRONG: useAfterFree. */
#include <linux/bug.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct entry { int number; int rest[3]; };
static struct kmem_cache *cache;

FALLOW_SETUP(make)
{
	cache = fallow_choose(1) ? KMEM_CACHE(entry, 0)
		: kmem_cache_create("entry", sizeof(struct entry), 0, 0, NULL);
	return true;
}

static struct entry *take(int way)
{
	switch (way) {
	case 0: return kmalloc_array(1, sizeof(struct entry), GFP_ATOMIC);
	case 1: return kcalloc(1, sizeof(struct entry), GFP_KERNEL);
	case 2: return kvmalloc(sizeof(struct entry), GFP_KERNEL);
	case 3: return kvzalloc(sizeof(struct entry), GFP_NOWAIT);
	case 4: return kmem_cache_alloc(cache, GFP_KERNEL);
	default: return kmem_cache_zalloc(cache, GFP_KERNEL);
	}
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	int way = fallow_choose(6);
	struct entry *entry = take(way), copy = { 7, { 1, 2, 3 } };

	if (!entry)
		return true;
	if (way & 1)
		BUG_ON(entry->number || entry->rest[2]);
	memcpy(entry, &copy, sizeof copy);
	BUG_ON(entry->number != 7 || entry->rest[2] != 3);
	memset(entry, 0, sizeof *entry);
	BUG_ON(entry->number);
	switch (way) {
	case 0:
	case 1: kfree_sensitive(entry); break;
	case 2:
	case 3: kvfree(entry); break;
	default: kmem_cache_free(cache, entry);
	}
#ifdef WRONG
	entry->number = 1;
#endif
	kmem_cache_destroy(cache);
	return true;
}
