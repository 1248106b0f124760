/* With WRONG: useAfterFree. */
/* A hash of page tables by address; lookups under RCU. */
#include <linux/hashtable.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .objects = 2,
	       .failing_allocations = 1);

struct table_node {
	struct hlist_node node;
	struct rcu_head rcu;
	unsigned long start;
	pte_t *table;
};

static DEFINE_HASHTABLE(tables, 1);
static DEFINE_SPINLOCK(tables_lock);

static void free_node_rcu(struct rcu_head *head)
{
	struct table_node *n = container_of(head, struct table_node, rcu);

	pte_free_kernel(NULL, n->table);
	kfree(n);
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	struct table_node *n = kmalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return false;
	n->table = pte_alloc_one_kernel(NULL);
	if (!n->table) {
		kfree(n);
		return false;
	}
	n->start = slot->start;
	set_pte(n->table + slot->leaf_index, __pte(slot->leaf));
	spin_lock(&tables_lock);
	hash_add_rcu(tables, &n->node, n->start);
	spin_unlock(&tables_lock);
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), n->table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	struct table_node *n, *found = NULL;

	spin_lock(&tables_lock);
	hash_for_each_possible(tables, n, node, slot->start) {
		if (n->start == slot->start) {
			found = n;
			break;
		}
	}
	BUG_ON(!found);
	hash_del_rcu(&found->node);
	spin_unlock(&tables_lock);
	pmd_clear(pmd_off_k(slot->start));
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
#ifdef WRONG
	free_node_rcu(&found->rcu);
#else
	call_rcu(&found->rcu, free_node_rcu);
#endif
	return true;
}

FALLOW_READER(lookup)
{
	struct table_node *n;

	rcu_read_lock();
	hash_for_each_possible_rcu(tables, n, node, slot->start) {
		if (n->start == slot->start)
			(void)ptep_get(n->table + slot->leaf_index);
	}
	rcu_read_unlock();
	return true;
}
