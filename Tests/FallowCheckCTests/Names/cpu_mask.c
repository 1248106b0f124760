/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .unshared = 1,
	       .cpus_cache_apart = 1, .walking_cpus = 3);

static unsigned long walking = 3;

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
	fallow_flush_tlb_on(READ_ONCE(walking), slot->start, slot->end);
	fallow_free_table(table);
	return true;
}

/* CPU 1 goes to other tables and comes back. */
FALLOW_READER_ON(2, visit)
{
#ifdef WRONG
	/* It still walks these. */
	xchg(&walking, 1);
	fallow_load_asid(-1, true);
#else
	fallow_load_asid(-1, true);
	xchg(&walking, 1);
#endif
	xchg(&walking, 3);
	fallow_load_asid(0, false);
	return true;
}
