/* Kernel addresses are unmapped now and flushed later: ranges gather on a list,
 * and one flush covers all of them before their tables go back. The order of
 * vmalloc's lazy purge, in words of its own. */
#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2,
	       .failing_allocations = 1);

struct lazy_area {
	struct llist_node node;
	unsigned long start, end;
	struct ptdesc *table;
};

static LLIST_HEAD(lazy_areas);
static atomic_long_t lazy_pages;
static DEFINE_MUTEX(purge_lock);
static void purge_work(struct work_struct *work);
static DECLARE_WORK(drain, purge_work);

static bool purge_lazy_areas(void)
{
	unsigned long start = ULONG_MAX, end = 0, pages = 0;
	struct lazy_area *area, *next;
	struct llist_node *batch;

	lockdep_assert_held(&purge_lock);
#ifdef WRONG_FLUSHES_FIRST
	flush_tlb_kernel_range(PAGE_OFFSET, TLB_FLUSH_ALL);
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	batch = llist_del_all(&lazy_areas);
	if (!batch)
		return false;
	llist_for_each_entry(area, batch, node) {
		start = min(start, area->start);
		end = max(end, area->end);
	}
#ifndef WRONG_FLUSHES_FIRST
	flush_tlb_kernel_range(start, end);
#ifndef WRONG_NO_INVALIDATION
	iommu_sva_invalidate_kva_range(start, end);
#endif
#endif
	llist_for_each_entry_safe(area, next, batch, node) {
		pages += (area->end - area->start) >> PAGE_SHIFT;
		__pagetable_free(area->table);
		kfree(area);
	}
	atomic_long_sub(pages, &lazy_pages);
	return true;
}

static void purge_work(struct work_struct *work)
{
	mutex_lock(&purge_lock);
	purge_lazy_areas();
	mutex_unlock(&purge_lock);
}

FALLOW_OPERATION(vmap, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(vunmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	struct lazy_area *area = kmalloc(sizeof(*area), GFP_KERNEL);
	pmd_t *pmd = pmd_off_k(slot->start);

	if (!area)
		return false;
	area->table = pmd_ptdesc(pmdp_get(pmd));
	area->start = slot->start;
	area->end = slot->end;
#ifdef WRONG_GATHERS_FIRST
	llist_add(&area->node, &lazy_areas);
	schedule_work(&drain);
	pmd_clear(pmd);
#else
	pmd_clear(pmd);
	atomic_long_add((area->end - area->start) >> PAGE_SHIFT, &lazy_pages);
	if (llist_add(&area->node, &lazy_areas))
		schedule_work(&drain);
#endif
	return true;
}
