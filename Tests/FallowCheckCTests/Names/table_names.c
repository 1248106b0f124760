/* With WRONG: invalidationSkipped. */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/tlb.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	struct ptdesc *table;
	pte_t *entries;

	if (fallow_choose(2)) {
		table = pagetable_alloc(GFP_PGTABLE_KERNEL, 0);
		entries = table ? ptdesc_address(table) : NULL;
	} else {
		entries = (pte_t *)get_zeroed_page(GFP_KERNEL);
	}
	if (!entries)
		return false;
	if (fallow_choose(2)) {
		free_page((unsigned long)entries);
		return false;
	}
	for (int index = 0; index < PTRS_PER_PTE; index++)
		BUG_ON(!pte_none(entries[index]));
	set_pte(entries + slot->leaf_index, __pte(slot->leaf));
	BUG_ON(slot->root_index >= PTRS_PER_PGD);
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), entries);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *entries = (pte_t *)pmd_page_vaddr(*pmd);
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, NULL);
	pmd_clear(pmd);
#ifndef WRONG
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	pte_free_tlb(&tlb, entries, slot->start);
	tlb_flush_mmu(&tlb);
	tlb_finish_mmu(&tlb);
	return true;
}
