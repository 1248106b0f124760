/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 2, .tables = 2);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	unsigned long address = slot->start;
	pud_t *pud = pud_offset(
		p4d_offset(pgd_offset_k(address), address), address);
	pmd_t *pmd = pmd_offset(pud, address);
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	BUG_ON(!pmd_none(pmdp_get(pmd)));
	pmd_populate_kernel(NULL, pmd, table);
	set_pte_at(NULL, address, pte_offset_kernel(pmd, address),
		   __pte(slot->leaf));
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *pte = pte_offset_kernel(pmd, slot->start);
	struct page *table = pmd_page(pmdp_get(pmd));

	BUG_ON(!pte_present(ptep_get(pte)));
	ptep_get_and_clear(NULL, slot->start, pte);
	pmd_clear(pmd);
#ifdef WRONG
	/* The range is empty. */
	flush_tlb_kernel_range(slot->start, slot->start);
#else
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	__free_page(table);
	return true;
}
