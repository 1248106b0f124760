/* The step after the free path: kernel tables are freed after a grace period,
 * so that a reader such as ptdump needs no lock, and one invalidation covers a
 * batch. The grace period is waited for by the worker, or, with USE_CALL_RCU,
 * by a callback for each table. Each WRONG_ form changes one thing. */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

static void free_retired(struct work_struct *work);

static struct {
	spinlock_t lock;
	struct list_head list;
	struct work_struct work;
} retired = {
	.list = LIST_HEAD_INIT(retired.list),
	.work = __WORK_INITIALIZER(retired.work, free_retired),
};

static void invalidate(void)
{
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
}

#ifdef USE_CALL_RCU
static void free_table_rcu(struct rcu_head *head)
{
#ifdef WRONG_INVALIDATES_IN_CALLBACK
	/* A callback must not sleep. */
	invalidate();
#endif
	__pagetable_free(container_of(head, struct ptdesc, pt_rcu_head));
}
#endif

static void free_batch(struct list_head *batch)
{
	struct ptdesc *table, *next;

	list_for_each_entry_safe(table, next, batch, pt_list) {
#ifdef USE_CALL_RCU
		call_rcu(&table->pt_rcu_head, free_table_rcu);
#else
		__pagetable_free(table);
#endif
	}
}

static void free_retired(struct work_struct *work)
{
	LIST_HEAD(batch);

#ifdef WRONG_INVALIDATES_FIRST
	invalidate();
#endif
	spin_lock(&retired.lock);
	list_splice_tail_init(&retired.list, &batch);
#ifdef WRONG_SLEEPS_UNDER_LOCK
	invalidate();
#endif
	spin_unlock(&retired.lock);
#if !defined(WRONG_INVALIDATES_FIRST) && \
	!defined(WRONG_SLEEPS_UNDER_LOCK) && \
	!defined(WRONG_INVALIDATES_IN_CALLBACK) && !defined(WRONG_CALLBACK_FIRST)
	invalidate();
#endif
#if !defined(USE_CALL_RCU) && !defined(WRONG_NO_GRACE_PERIOD) && \
	!defined(WRONG_GRACE_PERIOD_FIRST)
	synchronize_rcu();
#endif
	free_batch(&batch);
#ifdef WRONG_CALLBACK_FIRST
	/* The callbacks may have freed the batch by now. */
	invalidate();
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

#ifdef WRONG_GRACE_PERIOD_FIRST
	/* Readers that come now still find the table. */
	synchronize_rcu();
#endif
	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	spin_lock(&retired.lock);
	list_add(&table->pt_list, &retired.list);
	spin_unlock(&retired.lock);
	schedule_work(&retired.work);
	return true;
}

FALLOW_READER(ptdump)
{
	pmd_t pmd;

	rcu_read_lock();
	pmd = pmdp_get(pmd_off_k(slot->start));
	if (pmd_present(pmd))
		(void)ptep_get((pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index);
	rcu_read_unlock();
	return true;
}
