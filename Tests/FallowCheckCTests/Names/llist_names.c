/* With WRONG: badAddress. */
#include <linux/bug.h>
#include <linux/llist.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct item { int number; struct llist_node node; };
static struct item items[3];
static struct llist_head head, second = LLIST_HEAD_INIT(second);

static int digits(struct llist_node *node)
{
	struct item *item;
	int number = 0;

	llist_for_each_entry(item, node, node)
		number = 10 * number + item->number;
	return number;
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	struct llist_node *node, *next, *all;
	struct item *item, *after;
	int number = 0;

	init_llist_head(&head);
	BUG_ON(!llist_empty(&head) || llist_del_first(&head));
	for (int i = 0; i < 3; i++) {
		items[i].number = i + 1;
		BUG_ON(llist_add(&items[i].node, &head) != (i == 0));
	}
	BUG_ON(digits(head.first) != 321);
	node = llist_del_first(&head);
	BUG_ON(llist_entry(node, struct item, node)->number != 3);
	all = llist_del_all(&head);
	all = llist_reverse_order(all);
	BUG_ON(digits(all) != 12 || !llist_empty(&head));
	llist_for_each(node, all)
		number++;
	BUG_ON(number != 2);
	BUG_ON(!llist_add_batch(all, &items[1].node, &second));
	BUG_ON(digits(second.first) != 12);
#ifdef WRONG
	/* What comes next is read of what was cleared. */
	llist_for_each_entry(item, second.first, node)
		item->node.next = (struct llist_node *)0x100;
#else
	llist_for_each_entry_safe(item, after, second.first, node)
		item->node.next = (struct llist_node *)0x100;
#endif
	items[0].node.next = &items[1].node;
	items[1].node.next = NULL;
	llist_for_each_safe(node, next, &items[0].node)
		node->next = (struct llist_node *)0x100;
	return true;
}
