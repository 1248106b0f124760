/* With WRONG: accessToFree. */
/* Walkers hold mmap_lock for reading. */
#include <linux/rwsem.h>
#include <linux/mm.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

struct mm_struct mm;

FALLOW_SETUP(init)
{
	init_rwsem(&mm.mmap_lock);
	return true;
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(&mm);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	mmap_write_lock(&mm);
	pmd_populate_kernel(&mm, pmd_off_k(slot->start), table);
	mmap_write_unlock(&mm);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	struct ptdesc *t;

#ifdef WRONG
	mmap_read_lock(&mm);
#else
	mmap_write_lock(&mm);
#endif
	t = pmd_ptdesc(*pmd);
	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
#ifdef WRONG
	mmap_read_unlock(&mm);
#else
	mmap_write_unlock(&mm);
#endif
	__pagetable_free(t);
	return true;
}

FALLOW_READER(walk)
{
	pmd_t pmd;

	mmap_read_lock(&mm);
	pmd = pmdp_get(pmd_off_k(slot->start));
	if (pmd_present(pmd))
		(void)ptep_get((pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index);
	mmap_read_unlock(&mm);
	return true;
}
