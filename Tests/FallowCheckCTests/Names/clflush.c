/* With WRONG: notWrittenBack. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .only_iommus_walk = 1,
	       .no_snoop = 1);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	clflush_cache_range(table, PAGE_SIZE);
	pmd_populate_kernel(NULL, pmd, table);
	clflush_cache_range(pmd, sizeof(*pmd));
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
#ifndef WRONG
	clflush_cache_range(pmd, sizeof(*pmd));
#endif
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	fallow_free_table(table);
	return true;
}
