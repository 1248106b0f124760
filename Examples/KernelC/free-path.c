/* Kernel page tables are freed by a worker, after every IOMMU has forgotten
 * them: the order of the mail of 27 August 2025, "iommu/sva: Invalidate KVA
 * range on kernel TLB flush". Each WRONG_ form changes one thing. */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 2);

static void free_retired(struct work_struct *work);

static struct {
	spinlock_t lock;
	struct list_head list;
	struct work_struct work;
} retired = {
	.list = LIST_HEAD_INIT(retired.list),
	.work = __WORK_INITIALIZER(retired.work, free_retired),
};

static void lock_list(void)
{
#ifndef WRONG_NO_LOCK
	spin_lock(&retired.lock);
#endif
}

static void unlock_list(void)
{
#ifndef WRONG_NO_LOCK
	spin_unlock(&retired.lock);
#endif
}

static void free_retired(struct work_struct *work)
{
	struct ptdesc *table, *next;
	LIST_HEAD(batch);

#ifdef WRONG_INVALIDATES_FIRST
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	lock_list();
	list_splice_tail_init(&retired.list, &batch);
#ifdef WRONG_SLEEPS_UNDER_LOCK
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	unlock_list();
#if !defined(WRONG_INVALIDATES_FIRST) && !defined(WRONG_SLEEPS_UNDER_LOCK) && \
	!defined(WRONG_INVALIDATES_LAST)
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
#ifdef WRONG_READS_FREED
	list_for_each_entry(table, &batch, pt_list)
		__pagetable_free(table);
	(void)next;
#else
	list_for_each_entry_safe(table, next, &batch, pt_list)
		__pagetable_free(table);
#endif
#ifdef WRONG_INVALIDATES_LAST
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	struct ptdesc *table = pmd_ptdesc(*pmd);

#ifdef WRONG_FLUSHES_FIRST
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	pmd_clear(pmd);
#if !defined(WRONG_FLUSHES_FIRST) && !defined(WRONG_NO_FLUSH)
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
#ifdef WRONG_WAKES_FIRST
	schedule_work(&retired.work);
#endif
	lock_list();
	list_add(&table->pt_list, &retired.list);
	unlock_list();
#ifndef WRONG_WAKES_FIRST
	schedule_work(&retired.work);
#endif
	return true;
}
