/* Objects, pages, and the descriptors of pages.
 *
 * Pages of tables are the machine's frames; their descriptors have six words.
 * A program that has a descriptor of its own defines FALLOW_OWN_PTDESC before
 * it includes this. */
#ifndef FALLOW_KERNEL_MEMORY_H
#define FALLOW_KERNEL_MEMORY_H

#define GFP_KERNEL 0u
#define GFP_ATOMIC 0u
#define GFP_NOWAIT 0u
#define GFP_PGTABLE_KERNEL 0u
#define __GFP_NOWARN 0u
#define __GFP_ZERO 0u
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
/* Where the kernel's addresses begin, and the first one of the slots. */
#define PAGE_OFFSET 0xffff800000000000UL

#define kmalloc(size, flags) fallow_alloc(size)
static inline void *kzalloc(size_t size, gfp_t flags)
{
  (void)flags;
  void *object = fallow_alloc(size);
  if (object) __builtin_memset(object, 0, size);
  return object;
}
#define kmalloc_array(count, size, flags) kmalloc((count) * (size), flags)
#define kcalloc(count, size, flags) kzalloc((count) * (size), flags)
#define kvmalloc kmalloc
#define kvzalloc kzalloc
#define kfree(object) fallow_free((void *)(object))
#define kvfree kfree
#define kfree_sensitive kfree
/* A cache of objects is their size: nothing is kept for the next to take. */
struct kmem_cache;
#define KMEM_CACHE(name, flags) ((struct kmem_cache *)sizeof(struct name))
#define kmem_cache_create(name, size, align, flags, constructor) \
  ((struct kmem_cache *)(unsigned long)(size))
#define kmem_cache_alloc(cache, flags) \
  kmalloc((unsigned long)(cache), flags)
#define kmem_cache_zalloc(cache, flags) \
  kzalloc((unsigned long)(cache), flags)
#define kmem_cache_free(cache, object) ((void)(cache), kfree(object))
#define kmem_cache_destroy(cache) ((void)(cache))
/* An object that is freed once all readers have left: objects begin at
 * multiples of 64 bytes. */
static inline void fallow_kfree_rcu_(struct rcu_head *head)
{
  fallow_free((void *)((unsigned long)head & ~63UL));
}
#define kfree_rcu(object, member) call_rcu(&(object)->member, fallow_kfree_rcu_)
#define memset(to, value, size) __builtin_memset(to, value, size)
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)

#ifndef FALLOW_OWN_PTDESC
struct page {
  unsigned long flags;
  union {
    struct list_head lru;
    struct callback_head rcu_head;
    struct llist_node llist;
  };
  unsigned long private;
  atomic_t _refcount;
};
struct ptdesc {
  unsigned long __page_flags;
  union {
    struct list_head pt_list;
    struct callback_head pt_rcu_head;
    struct llist_node pt_llist;
  };
  unsigned long __page_type;
  spinlock_t ptl;
};
#endif

/* The count has those references alone that come after the first, so a page
 * begins with one. */
#define page_ref_count(page) (atomic_read(&(page)->_refcount) + 1)
#define page_count(page) page_ref_count(page)
#define set_page_count(page, count) \
  atomic_set(&(page)->_refcount, (count) - 1)
#define init_page_count(page) set_page_count(page, 1)
#define get_page(page) \
  fallow_assert(atomic_fetch_add(1, &(page)->_refcount) >= 0)
#define get_page_unless_zero(page) \
  atomic_add_unless(&(page)->_refcount, 1, -1)
#define put_page_testzero(page) \
  (atomic_fetch_add(-1, &(page)->_refcount) == 0)
#define page_ref_inc(page) atomic_inc(&(page)->_refcount)
#define page_ref_dec_and_test(page) put_page_testzero(page)
#define put_page(page) \
  do { \
    struct page *page_ = (page); \
    if (put_page_testzero(page_)) __free_page(page_); \
  } while (0)
#define page_private(page) ((page)->private)
#define set_page_private(page, value) ((void)((page)->private = (value)))

#define page_ptdesc(page) ((struct ptdesc *)(page))
#define ptdesc_page(ptdesc) ((struct page *)(ptdesc))
#define virt_to_ptdesc(address) \
  ((struct ptdesc *)fallow_descriptor_of((void *)(address)))
#define virt_to_page(address) \
  ((struct page *)fallow_descriptor_of((void *)(address)))
#define page_address(page) fallow_table_described_by(page)
#define page_to_virt page_address
#define ptdesc_address(ptdesc) fallow_table_described_by(ptdesc)
#define page_to_pfn(page) fallow_number_of(page_address(page))
#define pfn_to_page(pfn) virt_to_page(fallow_table_of(pfn))
#define virt_to_phys(address) ((phys_addr_t)fallow_number_of((void *)(address)) << PAGE_SHIFT)
#define phys_to_virt(address) fallow_table_of((address) >> PAGE_SHIFT)
#define __pa(address) virt_to_phys(address)
#define __va(address) phys_to_virt(address)

#define __get_free_page(flags) ((unsigned long)fallow_alloc_table())
#define get_zeroed_page(flags) ((unsigned long)fallow_alloc_table())
#define free_page(address) fallow_free_table((void *)(address))
#define __free_page(page) fallow_free_table(page_address(page))
#define __free_pages(page, order) __free_page(page)
#define free_pages(address, order) free_page(address)
static inline struct page *alloc_page(gfp_t flags)
{
  (void)flags;
  void *table = fallow_alloc_table();
  return table ? virt_to_page(table) : NULL;
}
#define alloc_pages(flags, order) ((void)(order), alloc_page(flags))
static inline struct ptdesc *pagetable_alloc(gfp_t flags, unsigned int order)
{
  (void)order;
  return page_ptdesc(alloc_page(flags));
}
#define __pagetable_free(ptdesc) fallow_free_table(ptdesc_address(ptdesc))

#endif
