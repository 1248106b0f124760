/* Page tables: a root of two entries, and tables of two below it.
 *
 * With two levels the root is the table of the upper level, whatever that is
 * called: pgd, p4d, pud and pmd are one entry of it, seen by different names.
 * With three, which a program asks for by FALLOW_LEVELS, pgd, p4d and pud are
 * an entry of the root, and pmd is one of the table below it. */
#ifndef FALLOW_KERNEL_TABLES_H
#define FALLOW_KERNEL_TABLES_H

typedef unsigned long pteval_t;
typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { pmd_t pmd; } pud_t;
typedef struct { pud_t pud; } p4d_t;
typedef struct { p4d_t p4d; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct page *pgtable_t;
struct mm_struct {
  pgd_t *pgd;
  spinlock_t page_table_lock;
  struct rw_semaphore mmap_lock;
};
/* A program that uses it defines it. */
extern struct mm_struct init_mm;
#define mmap_init_lock(mm) init_rwsem(&(mm)->mmap_lock)
#define mmap_read_lock(mm) down_read(&(mm)->mmap_lock)
#define mmap_read_unlock(mm) up_read(&(mm)->mmap_lock)
#define mmap_read_trylock(mm) down_read_trylock(&(mm)->mmap_lock)
#define mmap_write_lock(mm) down_write(&(mm)->mmap_lock)
#define mmap_write_trylock(mm) down_write_trylock(&(mm)->mmap_lock)
#define mmap_write_unlock(mm) up_write(&(mm)->mmap_lock)
#define mmap_write_downgrade(mm) downgrade_write(&(mm)->mmap_lock)

#define PTRS_PER_PTE 2
#define PTRS_PER_PGD 2
#define PMD_SHIFT 13
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SHIFT 14
#define PUD_SIZE (1UL << PUD_SHIFT)
#define PUD_MASK (~(PUD_SIZE - 1))
#if FALLOW_LEVELS == 3
#define PGDIR_SHIFT PUD_SHIFT
#else
#define PGDIR_SHIFT PMD_SHIFT
#endif
#define PTRS_PER_PMD 2
#define _PAGE_PRESENT 1UL
#define _PAGE_RW 4UL
#define _PAGE_ACCESSED 8UL
#define _PAGE_DIRTY 16UL

/* Entries of the upper level. */
#define pgd_offset_k(address) \
  ((pgd_t *)fallow_root() + (((address) >> PGDIR_SHIFT) & (PTRS_PER_PGD - 1)))
#define pgd_offset(mm, address) pgd_offset_k(address)
#define p4d_offset(pgd, address) ((p4d_t *)(pgd))
#define pud_offset(p4d, address) ((pud_t *)(p4d))
#define pgd_none(entry) 0
#define p4d_none(entry) 0
#if FALLOW_LEVELS == 3
#define pud_val(entry) ((entry).pmd.pmd)
#define pud_none(entry) (!pud_val(entry))
#define pud_present(entry) ((pud_val(entry) & _PAGE_PRESENT) != 0)
#define pudp_get(pud) READ_ONCE(*(pud))
#define pud_pgtable(entry) \
  ((pmd_t *)fallow_table_of(pud_val(entry) >> PAGE_SHIFT))
#define pud_populate(mm, entry, table) \
  WRITE_ONCE((entry)->pmd.pmd, pmd_populate_kernel_entry_(table))
#define pud_clear(entry) WRITE_ONCE((entry)->pmd.pmd, 0)
#define pmd_offset(pud, address) \
  (pud_pgtable(*(pud)) + (((address) >> PMD_SHIFT) & (PTRS_PER_PMD - 1)))
#define pmd_off_k(address) pmd_offset((pud_t *)pgd_offset_k(address), address)
#define pmd_offset_slot(slot) pmd_off_k((slot)->start)
#define pmd_alloc_one(mm, address) ((pmd_t *)fallow_alloc_table())
#define pmd_free(mm, table) fallow_free_table(table)
#else
#define pmd_offset(pud, address) ((pmd_t *)(pud))
#define pmd_off_k(address) ((pmd_t *)pgd_offset_k(address))
#define pmd_offset_slot(slot) ((pmd_t *)fallow_root() + (slot)->root_index)
#define pud_none(entry) 0
#endif
#define pmd_none(entry) (!(entry).pmd)
#define pmd_present(entry) (((entry).pmd & _PAGE_PRESENT) != 0)
#define pmd_val(entry) ((entry).pmd)
#define __pmd(value) ((pmd_t){ value })
#define pmdp_get(pmd) READ_ONCE(*(pmd))
#define pmd_pfn(entry) ((entry).pmd >> PAGE_SHIFT)
#define pmd_page_vaddr(entry) ((unsigned long)fallow_table_of(pmd_pfn(entry)))
#define pmd_page(entry) virt_to_page(pmd_page_vaddr(entry))
#define pmd_ptdesc(entry) virt_to_ptdesc(pmd_page_vaddr(entry))
#define pmd_populate_kernel_entry_(table) \
  (fallow_number_of(table) << PAGE_SHIFT | _PAGE_PRESENT)
#define set_pmd(entry, value) WRITE_ONCE((entry)->pmd, (value).pmd)
#define pmd_populate_kernel(mm, entry, table) \
  WRITE_ONCE((entry)->pmd, pmd_populate_kernel_entry_(table))
#define pmd_clear(entry) WRITE_ONCE((entry)->pmd, 0)
static inline pmd_t pmdp_get_and_clear_kernel(pmd_t *entry)
{
  return (pmd_t){ xchg(&entry->pmd, 0) };
}
/* Links a table where there is none; false if another was faster. */
static inline bool pmd_populate_once(pmd_t *entry, void *table)
{
  return cmpxchg(&entry->pmd, 0, pmd_populate_kernel_entry_(table)) == 0;
}

/* Entries of the lower level. */
#define pte_index(address) (((address) >> PAGE_SHIFT) & (PTRS_PER_PTE - 1))
#define pte_offset_kernel(entry, address) \
  ((pte_t *)pmd_page_vaddr(*(entry)) + pte_index(address))
#define pte_none(entry) (!(entry).pte)
#define pte_present(entry) (((entry).pte & _PAGE_PRESENT) != 0)
#define pte_val(entry) ((entry).pte)
#define pte_pfn(entry) ((entry).pte >> PAGE_SHIFT)
#define __pte(value) ((pte_t){ value })
#define ptep_get(pte) READ_ONCE(*(pte))
#define ptep_get_lockless(pte) READ_ONCE(*(pte))
#define set_pte(entry, value) WRITE_ONCE((entry)->pte, (value).pte)
#define set_pte_at(mm, address, entry, value) set_pte(entry, value)
#define pte_clear(mm, address, entry) WRITE_ONCE((entry)->pte, 0)
#define ptep_get_and_clear(mm, address, entry) __pte(xchg(&(entry)->pte, 0))

/* Rights, and what walkers set where the machine has .walkers_set_bits. */
#define pte_write(entry) (((entry).pte & _PAGE_RW) != 0)
#define pte_young(entry) (((entry).pte & _PAGE_ACCESSED) != 0)
#define pte_dirty(entry) (((entry).pte & _PAGE_DIRTY) != 0)
#define pte_mkwrite_novma(entry) __pte((entry).pte | _PAGE_RW)
#define pte_mkwrite(entry, vma) pte_mkwrite_novma(entry)
#define pte_wrprotect(entry) __pte((entry).pte & ~_PAGE_RW)
#define pte_mkyoung(entry) __pte((entry).pte | _PAGE_ACCESSED)
#define pte_mkold(entry) __pte((entry).pte & ~_PAGE_ACCESSED)
#define pte_mkdirty(entry) __pte((entry).pte | _PAGE_DIRTY)
#define pte_mkclean(entry) __pte((entry).pte & ~_PAGE_DIRTY)
#define ptep_set_wrprotect(mm, address, entry) \
  ((void)__atomic_fetch_and(&(entry)->pte, ~_PAGE_RW, __ATOMIC_SEQ_CST))
#define ptep_test_and_clear_young(vma, address, entry) \
  ((__atomic_fetch_and(&(entry)->pte, ~_PAGE_ACCESSED, __ATOMIC_SEQ_CST) \
    & _PAGE_ACCESSED) != 0)

#define pte_same(one, other) ((one).pte == (other).pte)
#define pmd_same(one, other) ((one).pmd == (other).pmd)

/* A table's lock is in its descriptor; that of the upper level is one. */
#define pte_lockptr(mm, pmd) (&pmd_ptdesc(*(pmd))->ptl)
#define ptlock_init(ptdesc) (spin_lock_init(&(ptdesc)->ptl), true)
#define pagetable_pte_ctor(mm, ptdesc) ptlock_init(ptdesc)
#define pagetable_dtor(ptdesc) ((void)(ptdesc))
static spinlock_t fallow_pmd_lock_ __attribute__((unused));
#define pmd_lockptr(mm, pmd) (&fallow_pmd_lock_)
#define pmd_lock(mm, pmd) \
  ({ spinlock_t *lock_ = pmd_lockptr(mm, pmd); \
     spin_lock(lock_); \
     lock_; })
/* Under RCU, as the kernel's: a table that it leads to is not given back before
 * the readers have left. Null where no table is. */
static inline pte_t *pte_offset_map(pmd_t *pmd, unsigned long address)
{
  pmd_t entry;

  rcu_read_lock();
  entry = pmdp_get(pmd);
  if (pmd_present(entry))
    return (pte_t *)pmd_page_vaddr(entry) + pte_index(address);
  rcu_read_unlock();
  return NULL;
}
#define pte_unmap(pte) ((void)(pte), rcu_read_unlock())
/* The same with the table's lock, if the entry still leads there then. */
#define pte_offset_map_lock(mm, pmd, address, lock) \
  fallow_pte_offset_map_lock_(pmd, address, lock)
static inline pte_t *fallow_pte_offset_map_lock_(
    pmd_t *pmd, unsigned long address, spinlock_t **lock)
{
  pmd_t entry;

  rcu_read_lock();
  for (;;) {
    entry = pmdp_get(pmd);
    if (!pmd_present(entry)) break;
    *lock = &pmd_ptdesc(entry)->ptl;
    spin_lock(*lock);
    if (pmd_same(entry, pmdp_get(pmd)))
      return (pte_t *)pmd_page_vaddr(entry) + pte_index(address);
    spin_unlock(*lock);
  }
  rcu_read_unlock();
  return NULL;
}
#define pte_unmap_unlock(pte, lock) \
  ((void)(pte), spin_unlock(lock), rcu_read_unlock())

/* Tables. */
#define pte_alloc_one_kernel(mm) ((pte_t *)fallow_alloc_table())
#define pte_free_kernel(mm, table) fallow_free_table(table)
#define pte_alloc_table() ((pte_t *)fallow_alloc_table())
#define clear_page(table) __builtin_memset(table, 0, PAGE_SIZE)

/* What CPUs cache. A shootdown waits until all stores before it are seen:
 * locked operations on x86, dsb on arm64. */
#define TLB_FLUSH_ALL (~0UL)
#define flush_tlb_kernel_range(start, end) \
  (fallow_smp_mb(), fallow_flush_tlb(start, end))
#define flush_tlb_range(vma, start, end) flush_tlb_kernel_range(start, end)
#define flush_tlb_all() flush_tlb_kernel_range(0, TLB_FLUSH_ALL)
#define flush_tlb_mm(mm) flush_tlb_all()
#define flush_tlb_mm_range(mm, start, end, shift, tables) \
  ((tables) ? flush_tlb_kernel_range(start, end) \
            : (fallow_smp_mb(), fallow_flush_tlb_leaves(start, end)))
#define flush_tlb_page(vma, address) \
  (fallow_smp_mb(), fallow_flush_tlb_leaves(address, (address) + PAGE_SIZE))
/* The caller's CPU alone. */
#define local_flush_tlb_kernel_range(start, end) \
  fallow_flush_tlb_local(start, end)
#define local_flush_tlb_all() fallow_flush_tlb_local(0, TLB_FLUSH_ALL)

#endif
