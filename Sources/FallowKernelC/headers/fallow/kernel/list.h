/* Doubly linked lists, and those with one pointer as head. */
#ifndef FALLOW_KERNEL_LIST_H
#define FALLOW_KERNEL_LIST_H

struct list_head { struct list_head *next, *prev; };
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
/* What an entry that has left a list holds: no addresses. */
#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
  WRITE_ONCE(list->next, list);
  WRITE_ONCE(list->prev, list);
}

static inline void fallow_list_insert_(
    struct list_head *entry, struct list_head *before, struct list_head *after)
{
  after->prev = entry;
  entry->next = after;
  entry->prev = before;
  WRITE_ONCE(before->next, entry);
}
static inline void list_add(struct list_head *entry, struct list_head *head)
{
  fallow_list_insert_(entry, head, head->next);
}
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
  fallow_list_insert_(entry, head->prev, head);
}

static inline void fallow_list_join_(
    struct list_head *before, struct list_head *after)
{
  after->prev = before;
  WRITE_ONCE(before->next, after);
}
static inline void list_del(struct list_head *entry)
{
  fallow_list_join_(entry->prev, entry->next);
  entry->next = LIST_POISON1;
  entry->prev = LIST_POISON2;
}
static inline void list_del_init(struct list_head *entry)
{
  fallow_list_join_(entry->prev, entry->next);
  INIT_LIST_HEAD(entry);
}
static inline void list_move(struct list_head *entry, struct list_head *head)
{
  fallow_list_join_(entry->prev, entry->next);
  list_add(entry, head);
}
static inline void list_move_tail(
    struct list_head *entry, struct list_head *head)
{
  fallow_list_join_(entry->prev, entry->next);
  list_add_tail(entry, head);
}
static inline void list_replace(
    struct list_head *old, struct list_head *entry)
{
  entry->next = old->next;
  entry->next->prev = entry;
  entry->prev = old->prev;
  entry->prev->next = entry;
}
static inline int list_empty(const struct list_head *head)
{
  return READ_ONCE(head->next) == head;
}
#define list_empty_careful list_empty
static inline int list_is_first(
    const struct list_head *entry, const struct list_head *head)
{
  return entry->prev == head;
}
static inline int list_is_last(
    const struct list_head *entry, const struct list_head *head)
{
  return entry->next == head;
}
static inline int list_is_singular(const struct list_head *head)
{
  return !list_empty(head) && head->next == head->prev;
}

static inline void fallow_list_splice_(
    const struct list_head *list, struct list_head *before,
    struct list_head *after)
{
  struct list_head *first = list->next, *last = list->prev;
  first->prev = before;
  before->next = first;
  last->next = after;
  after->prev = last;
}
static inline void list_splice(
    const struct list_head *list, struct list_head *head)
{
  if (!list_empty(list)) fallow_list_splice_(list, head, head->next);
}
static inline void list_splice_init(
    struct list_head *list, struct list_head *head)
{
  if (list_empty(list)) return;
  fallow_list_splice_(list, head, head->next);
  INIT_LIST_HEAD(list);
}
static inline void list_splice_tail(
    const struct list_head *list, struct list_head *head)
{
  if (!list_empty(list)) fallow_list_splice_(list, head->prev, head);
}
static inline void list_splice_tail_init(
    struct list_head *list, struct list_head *head)
{
  if (list_empty(list)) return;
  fallow_list_splice_(list, head->prev, head);
  INIT_LIST_HEAD(list);
}

/* Moves the entries up to `entry` to a list. */
static inline void list_cut_position(
    struct list_head *list, struct list_head *head, struct list_head *entry)
{
  if (list_empty(head) || entry == head) {
    INIT_LIST_HEAD(list);
    return;
  }
  struct list_head *rest = entry->next;
  list->next = head->next;
  list->next->prev = list;
  list->prev = entry;
  entry->next = list;
  fallow_list_join_(head, rest);
}

#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_first_entry(head, type, member) \
  list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
  list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
  ({ struct list_head *first_ = READ_ONCE((head)->next); \
     first_ == (head) ? NULL : list_entry(first_, type, member); })
#define list_next_entry(entry, member) \
  list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member) \
  list_entry((entry)->member.prev, __typeof__(*(entry)), member)
#define list_entry_is_head(entry, head, member) (&(entry)->member == (head))
#define list_for_each(at, head) \
  for (at = (head)->next; at != (head); at = at->next)
#define list_for_each_safe(at, n, head) \
  for (at = (head)->next, n = at->next; at != (head); at = n, n = at->next)
#define list_for_each_entry(entry, head, member) \
  for (entry = list_first_entry(head, __typeof__(*entry), member); \
       &entry->member != (head); entry = list_next_entry(entry, member))
#define list_for_each_entry_reverse(entry, head, member) \
  for (entry = list_last_entry(head, __typeof__(*entry), member); \
       &entry->member != (head); \
       entry = list_entry(entry->member.prev, __typeof__(*entry), member))
#define list_for_each_entry_safe(entry, n, head, member) \
  for (entry = list_first_entry(head, __typeof__(*entry), member), \
      n = list_next_entry(entry, member); \
       &entry->member != (head); \
       entry = n, n = list_next_entry(n, member))
#define list_for_each_entry_safe_reverse(entry, n, head, member) \
  for (entry = list_last_entry(head, __typeof__(*entry), member), \
      n = list_prev_entry(entry, member); \
       &entry->member != (head); \
       entry = n, n = list_prev_entry(n, member))
#define list_for_each_entry_continue(entry, head, member) \
  for (entry = list_next_entry(entry, member); \
       &entry->member != (head); entry = list_next_entry(entry, member))

/* The same where readers look on without a lock. */
static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
  struct list_head *after = head->next;
  entry->next = after;
  entry->prev = head;
  rcu_assign_pointer(head->next, entry);
  after->prev = entry;
}
static inline void list_del_rcu(struct list_head *entry)
{
  fallow_list_join_(entry->prev, entry->next);
  entry->prev = LIST_POISON2;
}
#define list_for_each_entry_rcu(entry, head, member, ...) \
  for (entry = list_entry( \
           READ_ONCE((head)->next), __typeof__(*entry), member); \
       &entry->member != (head); \
       entry = list_entry( \
           READ_ONCE(entry->member.next), __typeof__(*entry), member))

static inline void list_add_tail_rcu(
    struct list_head *entry, struct list_head *head)
{
  struct list_head *before = head->prev;
  entry->next = head;
  entry->prev = before;
  rcu_assign_pointer(before->next, entry);
  head->prev = entry;
}
static inline void list_replace_rcu(
    struct list_head *old, struct list_head *entry)
{
  entry->next = old->next;
  entry->prev = old->prev;
  rcu_assign_pointer(entry->prev->next, entry);
  entry->next->prev = entry;
  old->prev = LIST_POISON2;
}
#define list_first_or_null_rcu(head, type, member) \
  list_first_entry_or_null(head, type, member)

struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };
#define HLIST_HEAD_INIT { NULL }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(head) ((void)((head)->first = NULL))
static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
  node->next = NULL;
  node->pprev = NULL;
}
static inline int hlist_empty(const struct hlist_head *head)
{
  return !READ_ONCE(head->first);
}
static inline int hlist_unhashed(const struct hlist_node *node)
{
  return !node->pprev;
}
static inline void hlist_add_head(
    struct hlist_node *node, struct hlist_head *head)
{
  struct hlist_node *first = head->first;
  WRITE_ONCE(node->next, first);
  if (first) WRITE_ONCE(first->pprev, &node->next);
  WRITE_ONCE(head->first, node);
  WRITE_ONCE(node->pprev, &head->first);
}
static inline void fallow_hlist_unlink_(struct hlist_node *node)
{
  struct hlist_node *next = node->next, **before = node->pprev;
  WRITE_ONCE(*before, next);
  if (next) WRITE_ONCE(next->pprev, before);
}
static inline void hlist_del(struct hlist_node *node)
{
  fallow_hlist_unlink_(node);
  node->next = LIST_POISON1;
  node->pprev = LIST_POISON2;
}
static inline void hlist_del_init(struct hlist_node *node)
{
  if (hlist_unhashed(node)) return;
  fallow_hlist_unlink_(node);
  INIT_HLIST_NODE(node);
}
#define hlist_entry(pointer, type, member) container_of(pointer, type, member)
#define hlist_entry_safe(pointer, type, member) \
  ({ __typeof__(pointer) node_ = (pointer); \
     node_ ? hlist_entry(node_, type, member) : NULL; })
#define hlist_for_each_entry(entry, head, member) \
  for (entry = hlist_entry_safe( \
           READ_ONCE((head)->first), __typeof__(*entry), member); \
       entry; \
       entry = hlist_entry_safe( \
           READ_ONCE(entry->member.next), __typeof__(*entry), member))
#define hlist_for_each_entry_safe(entry, n, head, member) \
  for (entry = hlist_entry_safe((head)->first, __typeof__(*entry), member); \
       entry && ({ n = entry->member.next; 1; }); \
       entry = hlist_entry_safe(n, __typeof__(*entry), member))

/* The same where readers look on without a lock. */
static inline void hlist_add_head_rcu(
    struct hlist_node *node, struct hlist_head *head)
{
  struct hlist_node *first = head->first;
  node->next = first;
  WRITE_ONCE(node->pprev, &head->first);
  rcu_assign_pointer(head->first, node);
  if (first) WRITE_ONCE(first->pprev, &node->next);
}
static inline void hlist_del_rcu(struct hlist_node *node)
{
  fallow_hlist_unlink_(node);
  WRITE_ONCE(node->pprev, LIST_POISON2);
}
static inline void hlist_del_init_rcu(struct hlist_node *node)
{
  if (hlist_unhashed(node)) return;
  fallow_hlist_unlink_(node);
  WRITE_ONCE(node->pprev, NULL);
}
#define hlist_for_each_entry_rcu(entry, head, member, ...) \
  hlist_for_each_entry(entry, head, member)

#endif
