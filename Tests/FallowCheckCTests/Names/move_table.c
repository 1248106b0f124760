/* With WRONG: staleWalk. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 2, .unshared = 1);

/* A table moves to the second entry, from where the next map takes it. */
FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pmd_t *other = pmd_off_k(slot->end);
	pte_t *table;

	if (pmd_present(pmdp_get(other))) {
		void *moved = (void *)pmd_page_vaddr(*other);

		pmd_clear(other);
		flush_tlb_kernel_range(slot->end, slot->end + PMD_SIZE);
		fallow_free_table(moved);
	}
	table = pte_alloc_table();
	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
	return true;
}

FALLOW_OPERATION(move, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	pmd_populate_kernel(NULL, pmd_off_k(slot->end), table);
#ifndef WRONG
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	return true;
}
