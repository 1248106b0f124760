/* With WRONG: staleWalk. */
#define FALLOW_LEVELS 3
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .only_iommus_walk = 1);

/* The top table; its lowest bit says that another table is below it. */
static unsigned long top;

static pte_t *lowest(unsigned long word)
{
	unsigned long table = word & PAGE_MASK;

	if (word & 1)
		table = pmd_page_vaddr(*(pmd_t *)table);
	return (pte_t *)table;
}

FALLOW_OPERATION_ON(2, map, FALLOW_EMPTY, FALLOW_SHARED)
{
	unsigned long word = READ_ONCE(top);

	if (!word) {
		void *table = pte_alloc_table();

		if (!table)
			return false;
		pud_populate(NULL, (pud_t *)pgd_offset_k(slot->start), table);
		word = (unsigned long)table;
		WRITE_ONCE(top, word);
	}
	set_pte(lowest(word), __pte(slot->leaf));
	return true;
}

FALLOW_OPERATION_ON(2, unmap, FALLOW_SHARED, FALLOW_EMPTY)
{
	ptep_get_and_clear(NULL, slot->start, lowest(READ_ONCE(top)));
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
	return true;
}

/* A new table is put above the top one. */
FALLOW_READER_ON(1, grow)
{
	unsigned long word = READ_ONCE(top);
	pmd_t *new;

	if (!word || word & 1)
		return true;
	new = pmd_alloc_one(NULL, slot->start);
	if (!new)
		return true;
	pmd_populate_kernel(NULL, new, (void *)word);
	pud_populate(NULL, (pud_t *)pgd_offset_k(slot->start), new);
	WRITE_ONCE(top, (unsigned long)new | 1);
#ifndef WRONG
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	return true;
}
