/* With WRONG: heldByCPU. */
#define FALLOW_LEVELS 3
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 3, .unshared = 1);

static pud_t *pud_of(const struct fallow_slot *slot)
{
	return pud_offset(p4d_offset(pgd_offset_k(slot->start), slot->start),
			  slot->start);
}

/* The lower table is filled, then the upper, which one store publishes. */
FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *ptes = pte_alloc_table();
	pmd_t *pmds = ptes ? pmd_alloc_one(NULL, slot->start) : NULL;

	if (!pmds) {
		if (ptes)
			fallow_free_table(ptes);
		return false;
	}
	BUG_ON(PGDIR_SHIFT != PUD_SHIFT || PTRS_PER_PMD != 2);
	BUG_ON(!pud_none(pudp_get(pud_of(slot))) || pud_val(*pud_of(slot)));
	set_pte(ptes + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmds, ptes);
	pud_populate(NULL, pud_of(slot), pmds);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pud_t *pud = pud_of(slot);
	pmd_t *pmds = pud_pgtable(*pud);
	void *ptes = (void *)pmd_page_vaddr(*pmd_off_k(slot->start));

	BUG_ON(!pud_present(pudp_get(pud)));
#ifdef WRONG
	/* The subtree is still there. */
	flush_tlb_kernel_range(slot->start & PUD_MASK,
			       (slot->start & PUD_MASK) + PUD_SIZE);
	pud_clear(pud);
#else
	pud_clear(pud);
	flush_tlb_kernel_range(slot->start & PUD_MASK,
			       (slot->start & PUD_MASK) + PUD_SIZE);
#endif
	pmd_free(NULL, pmds);
	fallow_free_table(ptes);
	return true;
}
