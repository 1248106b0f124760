/* With WRONG: lostDirtyBit. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .walkers_set_bits = 1);

static pte_t *leaf_of(const struct fallow_slot *slot)
{
	pmd_t *pmd = pmd_off_k(slot->start);

	return (pte_t *)pmd_page_vaddr(*pmd) + slot->leaf_index;
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);
	pte_t pte = pte_mkwrite(__pte(slot->leaf), NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, pte_mkclean(pte_mkold(pte)));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(protect, FALLOW_MAPPED, FALLOW_READ_ONLY)
{
	pte_t *pte = leaf_of(slot);

#ifdef WRONG
	set_pte(pte, pte_wrprotect(ptep_get(pte)));
#else
	ptep_set_wrprotect(NULL, slot->start, pte);
#endif
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	return true;
}

FALLOW_OPERATION(allow, FALLOW_READ_ONLY, FALLOW_MAPPED)
{
	pte_t *pte = leaf_of(slot), old = ptep_get(pte);

	while (!try_cmpxchg(&pte->pte, &old.pte,
			    pte_mkwrite_novma(old).pte))
		;
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_READ_ONLY, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *table = (pte_t *)pmd_page_vaddr(*pmd);
	pte_t old = ptep_get(table + slot->leaf_index);

	BUG_ON(pte_write(old) || !pte_present(old));
	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	pte_free_kernel(NULL, table);
	return true;
}
