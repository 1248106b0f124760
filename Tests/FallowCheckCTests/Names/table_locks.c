/* With WRONG: accessToFree. */
#include <fallow/linux.h>

/* A reader that maps a table, with its lock or without. */
FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .iommus = 0);

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *table = pte_alloc_one_kernel(NULL);
	spinlock_t *lock;

	if (!table)
		return false;
	if (!pagetable_pte_ctor(NULL, virt_to_ptdesc(table)))
		return false;
	BUG_ON(!ptlock_init(virt_to_ptdesc(table)));
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	lock = pmd_lock(NULL, pmd);
	pmd_populate_kernel(NULL, pmd, table);
	spin_unlock(lock);
	return true;
}

FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start), old = pmdp_get(pmd);
	spinlock_t *ptl = pte_lockptr(NULL, pmd);

	spin_lock(pmd_lockptr(NULL, pmd));
	spin_lock(ptl);
	BUG_ON(!pmd_same(old, pmdp_get(pmd)));
	pmd_clear(pmd);
	spin_unlock(ptl);
	spin_unlock(pmd_lockptr(NULL, pmd));
	flush_tlb_kernel_range(slot->start, slot->end);
#ifndef WRONG
	synchronize_rcu();
#endif
	pagetable_dtor(pmd_ptdesc(old));
	fallow_free_table((void *)pmd_page_vaddr(old));
	return true;
}

FALLOW_READER_ON(2, walk)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	unsigned long address = slot->start;
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(NULL, pmd, address, &ptl);

	if (pte) {
		BUG_ON(!pte_same(ptep_get(pte), __pte(slot->leaf)));
		pte_unmap_unlock(pte, ptl);
	}
	pte = pte_offset_map(pmd, address);
	if (pte) {
		(void)ptep_get(pte);
		pte_unmap(pte);
	}
	return true;
}
