/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

/* A space is walked under ASID 1, and ends without a flush. */
FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .unshared = 1, .asids = 2,
	       .walking_cpus = 0);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
#ifndef WRONG
	fallow_flush_tlb_asid(1);
#endif
	fallow_load_asid(1, true);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	fallow_load_asid(-1, true);
	pmd_clear(pmd);
	fallow_free_table(table);
	return true;
}
