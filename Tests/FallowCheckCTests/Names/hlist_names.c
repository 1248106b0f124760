/* With WRONG: badAddress. */
#include <linux/bug.h>
#include <linux/list.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct item { int number; struct hlist_node node; };
static struct item items[3];
static HLIST_HEAD(head);

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	struct hlist_node *next;
	struct item *item;

	BUG_ON(hlist_entry_safe(head.first, struct item, node));
	for (int i = 0; i < 3; i++) {
		items[i].number = i + 1;
		hlist_add_head(&items[i].node, &head);
	}
	BUG_ON(hlist_entry(head.first, struct item, node)->number != 3);
	hlist_del_init(&items[1].node);
	BUG_ON(!hlist_unhashed(&items[1].node));
#ifdef WRONG
	/* Each is poisoned before the next is looked for. */
	hlist_for_each_entry(item, &head, node)
		hlist_del(&item->node);
	(void)next;
#else
	hlist_for_each_entry_safe(item, next, &head, node)
		hlist_del(&item->node);
#endif
	BUG_ON(!hlist_empty(&head));
	return true;
}
