/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

struct item { int number; struct list_head list; struct hlist_node node; };
static struct item first = { .number = 1 }, second, third;
static LIST_HEAD(head);
static struct hlist_head buckets = HLIST_HEAD_INIT;
static struct item *named;

FALLOW_SETUP(make)
{
	INIT_HLIST_HEAD(&buckets);
	INIT_HLIST_NODE(&first.node);
	BUG_ON(!hlist_empty(&buckets) || !hlist_unhashed(&first.node));
	list_add_rcu(&first.list, &head);
	hlist_add_head_rcu(&first.node, &buckets);
	return true;
}

static void write_lists(void)
{
	struct item *old;
	int way = fallow_choose(3);

	second.number = 2;
	third.number = 3;
	list_add_tail_rcu(&second.list, &head);
	list_replace_rcu(&second.list, &third.list);
	hlist_add_head_rcu(&third.node, &buckets);
	old = rcu_replace_pointer(named, &third, true);
	BUG_ON(old || rcu_dereference_protected(named, true) != &third);
	list_del_rcu(&first.list);
	if (way)
		hlist_del_rcu(&first.node);
	else
		hlist_del_init_rcu(&first.node);
#ifndef WRONG
	switch (way) {
	case 0: synchronize_rcu(); break;
	case 1: synchronize_rcu_expedited(); break;
	default: synchronize_net();
	}
#endif
	first.number = second.number = 0;
}

static void read_lists(int way)
{
	struct item *item;

	switch (way) {
	case 0:
		list_for_each_entry_rcu(item, &head, list)
			BUG_ON(!READ_ONCE(item->number));
		break;
	case 1:
		hlist_for_each_entry_rcu(item, &buckets, node)
			BUG_ON(!READ_ONCE(item->number));
		break;
	default:
		item = list_first_or_null_rcu(&head, struct item, list);
		BUG_ON(item && !READ_ONCE(item->number));
		item = rcu_dereference_raw(named);
		BUG_ON(item && item != rcu_access_pointer(named));
	}
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	int way;

	if (slot->number == 0) {
		write_lists();
		return true;
	}
	way = fallow_choose(3);
	switch (way) {
	case 0:
		rcu_read_lock_sched();
		read_lists(way);
		rcu_read_unlock_sched();
		break;
	case 1:
		rcu_read_lock_bh();
		read_lists(way);
		rcu_read_unlock_bh();
		break;
	default:
		local_bh_disable();
		read_lists(way);
		local_bh_enable();
	}
	return true;
}
