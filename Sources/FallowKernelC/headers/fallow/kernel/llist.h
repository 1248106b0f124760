/* Lists that are pushed to without a lock, and taken whole. */
#ifndef FALLOW_KERNEL_LLIST_H
#define FALLOW_KERNEL_LLIST_H

struct llist_node { struct llist_node *next; };
struct llist_head { struct llist_node *first; };
#define LLIST_HEAD_INIT(name) { NULL }
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)
static inline void init_llist_head(struct llist_head *head)
{
  head->first = NULL;
}
static inline bool llist_empty(const struct llist_head *head)
{
  return !READ_ONCE(head->first);
}
/* Returns whether the list was empty. */
static inline bool llist_add_batch(
    struct llist_node *first, struct llist_node *last, struct llist_head *head)
{
  struct llist_node *next = READ_ONCE(head->first);
  do {
    last->next = next;
  } while (!try_cmpxchg(&head->first, &next, first));
  return !next;
}
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
  return llist_add_batch(node, node, head);
}
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
  return xchg(&head->first, NULL);
}
/* For one consumer at a time. */
static inline struct llist_node *llist_del_first(struct llist_head *head)
{
  struct llist_node *first = smp_load_acquire(&head->first);
  do {
    if (!first) return NULL;
  } while (!try_cmpxchg(&head->first, &first, READ_ONCE(first->next)));
  return first;
}
static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
  struct llist_node *reversed = NULL;
  while (node) {
    struct llist_node *next = node->next;
    node->next = reversed;
    reversed = node;
    node = next;
  }
  return reversed;
}
#define llist_entry(pointer, type, member) container_of(pointer, type, member)
#define fallow_llist_at_(node, entry, member) \
  ({ struct llist_node *node_ = (node); \
     node_ ? llist_entry(node_, __typeof__(*entry), member) : NULL; })
#define llist_for_each(at, node) \
  for (at = (node); at; at = at->next)
#define llist_for_each_safe(at, n, node) \
  for (at = (node); at && ({ n = at->next; 1; }); at = n)
#define llist_for_each_entry(entry, node, member) \
  for (entry = fallow_llist_at_(node, entry, member); entry; \
       entry = fallow_llist_at_(entry->member.next, entry, member))
#define llist_for_each_entry_safe(entry, n, node, member) \
  for (entry = fallow_llist_at_(node, entry, member); \
       entry && ({ n = fallow_llist_at_(entry->member.next, entry, member); \
                   1; }); \
       entry = n)

#endif
