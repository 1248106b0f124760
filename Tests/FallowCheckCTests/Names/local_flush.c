/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

/* CPU 0 alone walks the tables at first. */
FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .unshared = 1,
	       .cpus_cache_apart = 1, .walking_cpus = 1);

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
	return true;
}

FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	local_flush_tlb_kernel_range(slot->start, slot->end);
	fallow_free_table(table);
	return true;
}

FALLOW_READER_ON(2, visit)
{
#ifdef WRONG
	fallow_load_asid(0, false);
#endif
	fallow_load_asid(-1, true);
	return true;
}
