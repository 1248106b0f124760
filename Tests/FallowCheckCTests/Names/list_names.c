/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/list.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct item { int number; struct list_head list; };
static struct item items[4];
static struct list_head head = LIST_HEAD_INIT(head);
static struct list_head other;

static int digits(struct list_head *list)
{
	struct item *item;
	int number = 0;

	list_for_each_entry(item, list, list)
		number = 10 * number + item->number;
	return number;
}

static int digits_backwards(struct list_head *list)
{
	struct item *item;
	int number = 0;

	list_for_each_entry_reverse(item, list, list)
		number = 10 * number + item->number;
	return number;
}

static void fill(void)
{
	INIT_LIST_HEAD(&other);
	BUG_ON(!list_empty(&other) || !list_empty_careful(&head));
	for (int i = 0; i < 4; i++) {
		items[i].number = i + 1;
		list_add_tail(&items[i].list, &head);
	}
}

static void look(void)
{
	struct item *item = list_first_entry(&head, struct item, list);
	int number = 0;

	BUG_ON(digits(&head) != 1234 || digits_backwards(&head) != 4321);
	BUG_ON(item != list_first_entry_or_null(&head, struct item, list));
	BUG_ON(!list_is_first(&item->list, &head) || list_is_singular(&head));
	BUG_ON(list_next_entry(item, list)->number != 2);
	BUG_ON(list_prev_entry(&items[1], list) != item);
	list_for_each_entry_continue(item, &head, list)
		number = 10 * number + item->number;
	BUG_ON(number != 234 || !list_entry_is_head(item, &head, list));
	item = list_last_entry(&head, struct item, list);
	BUG_ON(!list_is_last(&item->list, &head) || item->number != 4);
}

static void cut(void)
{
	list_cut_position(&other, &head, &items[1].list);
	BUG_ON(digits(&other) != 12 || digits_backwards(&other) != 21);
	BUG_ON(digits(&head) != 34 || digits_backwards(&head) != 43);
	list_splice_tail(&other, &head);
#ifndef WRONG
	/* Its entries were moved, and it still names them. */
	INIT_LIST_HEAD(&other);
#endif
	BUG_ON(digits(&head) != 3412 || !list_empty(&other));
}

static void replace(void)
{
	struct item extra = { .number = 9 };

	list_move_tail(&items[2].list, &other);
	list_replace(&items[2].list, &extra.list);
	BUG_ON(digits(&other) != 9 || !list_is_singular(&other));
	list_splice(&other, &head);
	BUG_ON(digits(&head) != 9124 || digits_backwards(&head) != 4219);
	list_del_init(&extra.list);
	BUG_ON(!list_empty(&extra.list));
}

static void join(void)
{
	list_move(&items[3].list, &other);
	list_add(&items[0].list, &other);
	head.next = &items[1].list;
	items[1].list.prev = &head;
	BUG_ON(digits(&other) != 14 || digits(&head) != 23);
	list_splice_init(&other, &head);
	BUG_ON(digits(&head) != 1423 || !list_empty(&other));
	list_splice_tail_init(&head, &other);
	BUG_ON(digits_backwards(&other) != 3241 || !list_empty(&head));
}

static void empty(void)
{
	struct item *item, *next;
	struct list_head *at, *after;
	int number = 0;

	list_for_each(at, &head)
		number += list_entry(at, struct item, list)->number;
	BUG_ON(number != 10);
	list_for_each_entry_safe_reverse(item, next, &head, list)
		if (item->number == 1)
			list_del_init(&item->list);
	BUG_ON(digits(&head) != 234);
	list_for_each_entry_safe(item, next, &head, list)
		if (item->number == 2)
			list_del_init(&item->list);
	BUG_ON(digits(&head) != 34);
	list_for_each_safe(at, after, &head)
		list_del_init(at);
	BUG_ON(!list_empty(&head));
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	fill();
	switch (fallow_choose(5)) {
	case 0: look(); break;
	case 1: cut(); break;
	case 2: replace(); break;
	case 3: join(); break;
	default: empty();
	}
	return true;
}
