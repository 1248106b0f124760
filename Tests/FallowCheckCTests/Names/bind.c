/* With WRONG: invalidationSkipped. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .unshared = 1);

static DEFINE_MUTEX(lock);
static int is_bound;

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

#ifdef WRONG
	bool is_shared = READ_ONCE(is_bound);
#endif
	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
#ifdef WRONG
	if (is_shared)
#endif
		iommu_sva_invalidate_kva_range(slot->start, slot->end);
	fallow_free_table(table);
	return true;
}

FALLOW_READER_ON(2, share)
{
	mutex_lock(&lock);
	if (is_bound) {
		iommu_sva_unbind_device(0, 0);
		WRITE_ONCE(is_bound, 0);
	} else {
		WRITE_ONCE(is_bound, 1);
		(void)iommu_sva_bind_device(0, 0);
	}
	mutex_unlock(&lock);
	return true;
}
