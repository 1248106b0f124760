/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .unshared = 1);

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
	pte_t *table = (pte_t *)pmd_page_vaddr(*pmd);

	pte_clear(NULL, slot->start, table + slot->leaf_index);
	flush_tlb_page(NULL, slot->start);
	fallow_release_pages(slot);
	pmd_clear(pmd);
#ifdef WRONG
	/* Pointers to tables may stay. */
	flush_tlb_mm_range(NULL, slot->start, slot->end, PAGE_SHIFT, false);
#else
	flush_tlb_mm_range(NULL, slot->start, slot->end, PAGE_SHIFT, true);
#endif
	fallow_free_table(table);
	return true;
}
