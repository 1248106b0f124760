/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/hash.h>
#include <linux/hashtable.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct item { unsigned long key; struct hlist_node node; };
static struct { DECLARE_HASHTABLE(table, 1); } held;
static struct item items[3];

static int count(void)
{
	struct item *item;
	int bucket, found = 0, again = 0;

	hash_for_each(held.table, bucket, item, node)
		found++;
	hash_for_each_rcu(held.table, bucket, item, node)
		again++;
	BUG_ON(found != again);
	return found;
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	struct hlist_node *next;
	struct item *item;
	int bucket, found = 0;

	hash_init(held.table);
	BUG_ON(HASH_SIZE(held.table) != 2 || HASH_BITS(held.table) != 1);
	BUG_ON(hash_32(7, 1) > 1 || hash_64(7, 1) > 1 || hash_long(7, 1) > 1);
	BUG_ON(hash_ptr(&held, 1) > 1);
	for (int i = 0; i < 3; i++) {
		items[i].key = i & 1;
		hash_add(held.table, &items[i].node, items[i].key);
	}
	BUG_ON(count() != 3 || !hash_hashed(&items[1].node));
#ifdef WRONG
	/* Two have the key. */
	hash_for_each_possible(held.table, item, node, 0)
		hash_del(&item->node);
#else
	hash_for_each_possible_safe(held.table, item, next, node, 0)
		if (item->key == 0)
			hash_del(&item->node);
#endif
	hash_for_each_possible(held.table, item, node, 0)
		found += item->key == 0;
	BUG_ON(found || hash_hashed(&items[0].node) || count() != 1);
	hash_for_each_safe(held.table, bucket, next, item, node)
		hash_del(&item->node);
	BUG_ON(count());
	return true;
}
