/* With WRONG: failureIgnored. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2,
	       .failing_invalidations = 1);

static void *parked;

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_OVER)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	if (!iommu_invalidate_range(slot->start, slot->end)) {
#ifndef WRONG
		parked = table;
		return true;
#endif
	}
	fallow_free_table(table);
	return true;
}
