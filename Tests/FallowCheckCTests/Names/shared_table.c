/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1, .unshared = 1);

static DEFINE_MUTEX(lock);
static struct page *shared;

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_SHARED)
{
	mutex_lock(&lock);
	if (shared) {
		atomic_inc(&shared->_refcount);
	} else {
		pte_t *table = pte_alloc_table();

		if (!table) {
			mutex_unlock(&lock);
			return false;
		}
		set_pte(table + slot->leaf_index, __pte(slot->leaf));
		shared = virt_to_page(table);
		atomic_set(&shared->_refcount, 1);
	}
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), page_address(shared));
	mutex_unlock(&lock);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_SHARED, FALLOW_OVER)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	bool is_last;

	mutex_lock(&lock);
	pmd_clear(pmd);
	is_last = atomic_dec_and_test(&shared->_refcount);
#ifdef WRONG
	/* The other slot's range is not flushed. */
	if (is_last)
#endif
	flush_tlb_kernel_range(slot->start, slot->end);
	if (is_last) {
		__free_page(shared);
		shared = NULL;
	}
	mutex_unlock(&lock);
	return true;
}
