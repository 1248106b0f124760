/* What is gathered while entries are cleared, flushed once, and then freed. */
#ifndef FALLOW_KERNEL_GATHER_H
#define FALLOW_KERNEL_GATHER_H

enum { FALLOW_GATHERED_ = 4 };

struct mmu_gather {
  struct mm_struct *mm;
  unsigned long start, end;
  unsigned int count;
  void *tables[FALLOW_GATHERED_];
};

static inline void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm)
{
  tlb->mm = mm;
  tlb->start = ~0UL;
  tlb->end = 0;
  tlb->count = 0;
}
static inline void tlb_flush_range_(
    struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
  if (start < tlb->start) tlb->start = start;
  if (end > tlb->end) tlb->end = end;
}
static inline void tlb_flush_mmu(struct mmu_gather *tlb)
{
  if (tlb->end) flush_tlb_kernel_range(tlb->start, tlb->end);
  for (unsigned int index = 0; index < tlb->count; index++)
    fallow_free_table(tlb->tables[index]);
  tlb_gather_mmu(tlb, tlb->mm);
}
/* Frees the table once its addresses have been flushed. Readers without a lock
 * are not waited for: what does is the program's. */
static inline void pte_free_tlb(
    struct mmu_gather *tlb, void *table, unsigned long address)
{
  tlb_flush_range_(tlb, address & PMD_MASK, (address & PMD_MASK) + PMD_SIZE);
  tlb->tables[tlb->count++] = table;
  if (tlb->count == FALLOW_GATHERED_) tlb_flush_mmu(tlb);
}
#define tlb_finish_mmu(tlb) tlb_flush_mmu(tlb)

#endif
