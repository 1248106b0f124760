/* With WRONG: accessToFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .iommus = 1,
	       .unshared = 1, .broadcast_flush = 1);

static void nothing(void *unused)
{
}

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
#ifndef WRONG
	smp_call_function(nothing, NULL, 1);
#endif
	fallow_free_table(table);
	return true;
}

FALLOW_READER_ON(2, walk)
{
	unsigned long flags;
	pmd_t pmd;

	local_irq_save(flags);
	pmd = pmdp_get(pmd_off_k(slot->start));
	if (pmd_present(pmd))
		(void)ptep_get((pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index);
	local_irq_restore(flags);
	return true;
}
