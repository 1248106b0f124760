/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static struct llist_node nodes[2];
static LLIST_HEAD(list);
static atomic_t done = ATOMIC_INIT(0);

FALLOW_OPERATION(put, FALLOW_EMPTY, FALLOW_OVER)
{
	struct llist_node *node;
	int count = 0;
#ifdef WRONG
	nodes[slot->number].next = READ_ONCE(list.first);
	WRITE_ONCE(list.first, &nodes[slot->number]);
#else
	llist_add(&nodes[slot->number], &list);
#endif
	if (atomic_inc_return(&done) == 2) {
		node = llist_reverse_order(llist_del_all(&list));
		for (; node; node = node->next)
			count++;
		BUG_ON(count != 2);
	}
	return true;
}
