/* With WRONG: invalidationTooNarrow. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .only_iommus_walk = 1);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
#ifdef WRONG
	/* The range is that of the entry behind it. */
	iommu_sva_invalidate_kva_range(slot->end, slot->end + PMD_SIZE);
#else
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
#endif
	fallow_free_table(table);
	return true;
}
