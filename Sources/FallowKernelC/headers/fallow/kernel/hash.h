/* Hash tables of hlists. */
#ifndef FALLOW_KERNEL_HASH_H
#define FALLOW_KERNEL_HASH_H

/* A pointer counts by its place among the program's memory, wherever that was
 * loaded. */
static inline unsigned int fallow_hash_(uint64_t key, unsigned int bits)
{
  uint64_t base = (uint64_t)&fallow_here_ >> FALLOW_REGION_SHIFT_
      << FALLOW_REGION_SHIFT_;
  if (key - base < 8UL << FALLOW_REGION_SHIFT_) key -= base;
  return bits ? (unsigned int)(key * 0x61c8864680b583ebUL >> (64 - bits)) : 0;
}
#define hash_64(key, bits) fallow_hash_(key, bits)
#define hash_32(key, bits) fallow_hash_(key, bits)
#define hash_long(key, bits) fallow_hash_(key, bits)
#define hash_ptr(pointer, bits) fallow_hash_((uint64_t)(pointer), bits)

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) DECLARE_HASHTABLE(name, bits)
#define HASH_SIZE(name) ARRAY_SIZE(name)
#define HASH_BITS(name) ((unsigned int)__builtin_ctzl(HASH_SIZE(name)))
#define fallow_bucket_(name, key) \
  (&(name)[fallow_hash_((uint64_t)(key), HASH_BITS(name))])
#define hash_init(name) __builtin_memset(name, 0, sizeof(name))
#define hash_add(name, node, key) \
  hlist_add_head(node, fallow_bucket_(name, key))
#define hash_add_rcu(name, node, key) \
  hlist_add_head_rcu(node, fallow_bucket_(name, key))
#define hash_del(node) hlist_del_init(node)
#define hash_del_rcu(node) hlist_del_init_rcu(node)
#define hash_hashed(node) (!hlist_unhashed(node))
#define hash_for_each(name, bucket, entry, member) \
  for ((bucket) = 0, entry = NULL; \
       !entry && (bucket) < (int)HASH_SIZE(name); (bucket)++) \
    hlist_for_each_entry(entry, &(name)[bucket], member)
#define hash_for_each_safe(name, bucket, n, entry, member) \
  for ((bucket) = 0, entry = NULL; \
       !entry && (bucket) < (int)HASH_SIZE(name); (bucket)++) \
    hlist_for_each_entry_safe(entry, n, &(name)[bucket], member)
#define hash_for_each_rcu(name, bucket, entry, member) \
  hash_for_each(name, bucket, entry, member)
#define hash_for_each_possible(name, entry, member, key) \
  hlist_for_each_entry(entry, fallow_bucket_(name, key), member)
#define hash_for_each_possible_rcu(name, entry, member, key, ...) \
  hlist_for_each_entry_rcu(entry, fallow_bucket_(name, key), member)
#define hash_for_each_possible_safe(name, entry, n, member, key) \
  hlist_for_each_entry_safe(entry, n, fallow_bucket_(name, key), member)

#endif
