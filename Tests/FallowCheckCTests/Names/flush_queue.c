/* With WRONG: invalidationSkipped. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 2, .tables = 2, .only_iommus_walk = 1);

static DEFINE_SPINLOCK(lock);
static LIST_HEAD(queued);
static unsigned long begun;

static void flush(struct work_struct *work)
{
	struct page *page, *next;
	unsigned long number;

	spin_lock(&lock);
	number = ++begun;
	spin_unlock(&lock);
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
	spin_lock(&lock);
	list_for_each_entry_safe(page, next, &queued, lru) {
#ifndef WRONG
		if (page->private >= number)
			continue;
#endif
		list_del(&page->lru);
		__free_page(page);
	}
	spin_unlock(&lock);
}
static DECLARE_WORK(work, flush);

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_OVER)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	struct page *page = pmd_page(*pmd);

	pmd_clear(pmd);
	spin_lock(&lock);
	/* How many flushes had begun before it was queued. */
	page->private = begun;
	list_add_tail(&page->lru, &queued);
	spin_unlock(&lock);
	schedule_work(&work);
	return true;
}
