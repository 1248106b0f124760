/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .iommus = 0,
	       .walkers_set_bits = 1);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);
	pte_t pte = pte_mkdirty(pte_mkyoung(__pte(slot->leaf)));

	if (!table)
		return false;
	BUG_ON(!pte_dirty(pte) || (pte.pte & (_PAGE_RW | _PAGE_ACCESSED |
		_PAGE_DIRTY)) != (_PAGE_ACCESSED | _PAGE_DIRTY));
	set_pte(table + slot->leaf_index, pte);
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(age, FALLOW_MAPPED, FALLOW_MAPPED)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *pte = (pte_t *)pmd_page_vaddr(*pmd) + slot->leaf_index;

	if (ptep_test_and_clear_young(NULL, slot->start, pte)) {
		/* A walker may set it again at once. */
#ifdef WRONG
		BUG_ON(pte_young(ptep_get(pte)));
#endif
		flush_tlb_kernel_range(slot->start, slot->end);
	}
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	fallow_free_table(table);
	return true;
}
