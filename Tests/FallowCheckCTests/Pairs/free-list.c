/* The protocol of PairTests.swift in C: UNMAP, WORK and LIST choose its form. */
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

static void free_all(struct work_struct *work);

static DEFINE_SPINLOCK(lock);
static struct llist_node *first_retired;
static DECLARE_WORK(work, free_all);

static void lock_list(void)
{
#if LIST != 1
	spin_lock(&lock);
#endif
}

static void unlock_list(void)
{
#if LIST != 1
	spin_unlock(&lock);
#endif
}

static void free_all(struct work_struct *unused)
{
	struct llist_node *node;

#if WORK == 1
	iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL);
#endif
	lock_list();
	node = first_retired;
	first_retired = NULL;
	unlock_list();
#if WORK == 0
	iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL);
#endif
	while (node) {
		struct ptdesc *table =
			container_of(node, struct ptdesc, pt_llist);

		node = node->next;
		__pagetable_free(table);
	}
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

#if UNMAP == 1
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	pmd_clear(pmd);
#if UNMAP == 0
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
#if LIST == 2
	schedule_work(&work);
#endif
	lock_list();
	table->pt_llist.next = first_retired;
	first_retired = &table->pt_llist;
	unlock_list();
#if LIST != 2
	schedule_work(&work);
#endif
	return true;
}
