/* What code asks while it walks tables level by level.
 *
 * A leaf stands in the lowest level alone, and no entry is bad. */
#ifndef FALLOW_KERNEL_WALKS_H
#define FALLOW_KERNEL_WALKS_H

#define pgd_present(entry) 1
#define p4d_present(entry) 1
#if FALLOW_LEVELS != 3
#define pud_present(entry) 1
#endif

#define pgd_leaf(entry) 0
#define p4d_leaf(entry) 0
#define pud_leaf(entry) 0
#define pmd_leaf(entry) 0
#define pmd_trans_huge(entry) 0
#define pgd_bad(entry) 0
#define p4d_bad(entry) 0
#define pud_bad(entry) 0
#define pmd_bad(entry) 0

#define pgd_none_or_clear_bad(entry) pgd_none(*(entry))
#define p4d_none_or_clear_bad(entry) p4d_none(*(entry))
#define pud_none_or_clear_bad(entry) pud_none(*(entry))
#define pmd_none_or_clear_bad(entry) pmd_none(*(entry))

/* Where the entry for an address ends, or the range if it ends before. */
static inline unsigned long fallow_entry_end_(
    unsigned long address, unsigned long end, unsigned long size)
{
  unsigned long next = (address + size) & ~(size - 1);

  return next - 1 < end - 1 ? next : end;
}
#define pmd_addr_end(address, end) fallow_entry_end_(address, end, PMD_SIZE)
#define pgd_addr_end(address, end) \
  fallow_entry_end_(address, end, 1UL << PGDIR_SHIFT)
/* Of levels that are one entry of the one above: as in the kernel. */
#define p4d_addr_end(address, end) (end)
#if FALLOW_LEVELS == 3
#define pud_addr_end(address, end) fallow_entry_end_(address, end, PUD_SIZE)
#else
#define pud_addr_end(address, end) (end)
#endif

#endif
