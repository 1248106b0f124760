/* A gatherer that frees tables by RCU, with a reader that walks with interrupts
 * off as get_user_pages_fast does. A batch needs memory: without it, the
 * gatherer interrupts every CPU and frees the table at once. Each WRONG_ form
 * changes one thing. */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <fallow/check.h>

/* A flush of the CPUs interrupts none of them: else it would wait for the
 * reader. */
FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .objects = 3,
	       .failing_allocations = 1, .broadcast_flush = 1);

struct batch {
	struct rcu_head rcu;
	void *table;
};

static void free_batch(struct rcu_head *head)
{
	struct batch *batch = container_of(head, struct batch, rcu);

	fallow_free_table(batch->table);
	kfree(batch);
}

static void do_nothing(void *unused)
{
}

static void free_gathered(void *table)
{
	struct batch *batch = kmalloc(sizeof(*batch), GFP_NOWAIT | __GFP_NOWARN);

	if (!batch) {
#ifndef WRONG_NO_INTERRUPT
		/* A CPU that walks has interrupts off. */
		smp_call_function(do_nothing, NULL, 1);
#endif
		fallow_free_table(table);
		return;
	}
	batch->table = table;
#ifdef WRONG_NO_CALL_RCU
	free_batch(&batch->rcu);
#else
	call_rcu(&batch->rcu, free_batch);
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
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
#ifndef WRONG_NO_FLUSH
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
#ifndef WRONG_NO_INVALIDATION
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
#endif
	free_gathered(table);
	return true;
}

FALLOW_READER(walk_lockless)
{
	unsigned long flags;
	pmd_t pmd;

	local_irq_save(flags);
	pmd = pmdp_get(pmd_off_k(slot->start));
	if (pmd_present(pmd))
		(void)ptep_get((pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index);
	local_irq_restore(flags);
	return true;
}
