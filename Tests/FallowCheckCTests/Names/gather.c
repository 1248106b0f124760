/* With WRONG: releasedWhileLinked. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .iommus = 1,
	       .unshared = 1);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	struct mmu_gather tlb;
	pmd_t *pmd = pmd_off_k(slot->start);
	void *table = (void *)pmd_page_vaddr(*pmd);

	tlb_gather_mmu(&tlb, NULL);
#ifdef WRONG
	pte_free_tlb(&tlb, table, slot->start);
	tlb_finish_mmu(&tlb);
	pmd_clear(pmd);
#else
	pmd_clear(pmd);
	pte_free_tlb(&tlb, table, slot->start);
	tlb_finish_mmu(&tlb);
#endif
	return true;
}
