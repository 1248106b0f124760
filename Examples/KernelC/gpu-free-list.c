/* A GPU driver's list of tables to free: each table waits for the fence of a
 * flush that comes after its unlink, and a worker frees what is past its fence.
 * Each WRONG_ form changes one thing. */
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 2);

static void free_work(struct work_struct *work);

static struct {
	spinlock_t status_lock;
	struct list_head pt_freed;
	struct work_struct work;
	/* The number of the last unlink, and of the last one that was flushed. */
	atomic64_t unlinked;
	u64 flushed;
} vm = {
	.pt_freed = LIST_HEAD_INIT(vm.pt_freed),
	.work = __WORK_INITIALIZER(vm.work, free_work),
};

/* Flushes, and moves the fence up to what was unlinked before. */
static void flush_and_signal(void)
{
	u64 fence = atomic64_read(&vm.unlinked);

	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#ifdef WRONG_READS_FENCE_LATE
	fence = atomic64_read(&vm.unlinked);
#endif
	WRITE_ONCE(vm.flushed, fence);
}

static void free_work(struct work_struct *work)
{
	struct ptdesc *table, *next;
	LIST_HEAD(to_free);

#ifndef WRONG_NO_FENCE
	flush_and_signal();
#endif
	spin_lock(&vm.status_lock);
#ifdef WRONG_SPLICE_EXCHANGED
	list_splice_init(&to_free, &vm.pt_freed);
#else
	list_splice_init(&vm.pt_freed, &to_free);
#endif
	spin_unlock(&vm.status_lock);

	list_for_each_entry_safe(table, next, &to_free, pt_list) {
#ifndef WRONG_NO_FENCE
		if (table->__page_type > READ_ONCE(vm.flushed)) {
			/* Its turn comes with the next flush. */
			spin_lock(&vm.status_lock);
			list_move(&table->pt_list, &vm.pt_freed);
			spin_unlock(&vm.status_lock);
			schedule_work(&vm.work);
			continue;
		}
#endif
		__pagetable_free(table);
	}
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_OVER)
{
	pte_t *table = pte_alloc_one_kernel(NULL);
	pmd_t *pmd = pmd_off_k(slot->start);
	struct ptdesc *ptdesc;

	if (!table)
		return false;
	pmd_populate_kernel(NULL, pmd, table);
	ptdesc = pmd_ptdesc(*pmd);
	pmd_clear(pmd);
#ifdef WRONG_NO_FLUSH
#else
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	ptdesc->__page_type = atomic64_inc_return(&vm.unlinked);
	spin_lock(&vm.status_lock);
	list_add(&ptdesc->pt_list, &vm.pt_freed);
	spin_unlock(&vm.status_lock);
	schedule_work(&vm.work);
	return true;
}
