/* With WRONG: invalidationSkipped. */
/* Each CPU gathers tables and frees a batch with one invalidation. */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/llist.h>
#include <linux/workqueue.h>
#include <linux/mm.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

static DEFINE_PER_CPU(struct llist_head, batch);
static void drain(struct work_struct *work);
static DECLARE_WORK(drain_work, drain);

static void drain(struct work_struct *work)
{
	struct llist_node *list = NULL, *node, *next;
	int cpu;

#ifdef WRONG
	iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL);
#endif
	for_each_possible_cpu(cpu) {
		node = llist_del_all(per_cpu_ptr(&batch, cpu));
		while (node) {
			next = node->next;
			node->next = list;
			list = node;
			node = next;
		}
	}
	if (!list)
		return;
#ifndef WRONG
	iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL);
#endif
	while (list) {
		next = list->next;
		__pagetable_free(llist_entry(list, struct ptdesc, pt_llist));
		list = next;
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
	struct ptdesc *t = pmd_ptdesc(*pmd);

	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
	preempt_disable();
	llist_add(&t->pt_llist, this_cpu_ptr(&batch));
	preempt_enable();
	schedule_work(&drain_work);
	return true;
}
