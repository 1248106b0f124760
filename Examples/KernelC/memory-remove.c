/* Memory leaves: its kernel addresses are unmapped under the hotplug lock, and
 * the tables go to a batch that is given back after one flush. Others walk the
 * tables under RCU, and dump them with hotplug kept away. */
#include <linux/cpu.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .unshared = 1);

DEFINE_STATIC_PERCPU_RWSEM(hotplug_lock);
static DEFINE_SPINLOCK(table_lock);

struct free_batch {
	unsigned int count;
	struct page *pages[2];
};

static void batch_add(struct free_batch *batch, struct page *page)
{
	BUG_ON(batch->count >= ARRAY_SIZE(batch->pages));
	batch->pages[batch->count++] = page;
}

static void batch_finish(
	struct free_batch *batch, unsigned long start, unsigned long end)
{
	unsigned int i;

#ifndef WRONG_NO_FLUSH
	flush_tlb_kernel_range(start, end);
#endif
#ifndef WRONG_NO_GRACE_PERIOD
	synchronize_rcu();
#endif
	for (i = 0; i < batch->count; i++)
		__free_page(batch->pages[i]);
	batch->count = 0;
}

static void remove_pte_table(pmd_t *pmd, struct free_batch *batch)
{
	pmd_t entry;

	spin_lock(&table_lock);
	entry = *pmd;
	if (!pmd_none(entry)) {
		pmd_clear(pmd);
		batch_add(batch, pmd_page(entry));
	}
	spin_unlock(&table_lock);
}

FALLOW_OPERATION_ON(1, add_memory, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *table;

	percpu_down_write(&hotplug_lock);
	table = pte_alloc_one_kernel(&init_mm);
	if (table) {
		set_pte(table + slot->leaf_index, __pte(slot->leaf));
		smp_wmb();
		spin_lock(&table_lock);
		pmd_populate_kernel(&init_mm, pmd, table);
		spin_unlock(&table_lock);
	}
	percpu_up_write(&hotplug_lock);
	return table != NULL;
}

FALLOW_OPERATION_ON(1, remove_memory, FALLOW_MAPPED, FALLOW_EMPTY)
{
	struct free_batch batch = { .count = 0 };

	percpu_down_write(&hotplug_lock);
	remove_pte_table(pmd_off_k(slot->start), &batch);
	batch_finish(&batch, slot->start, slot->end);
	percpu_up_write(&hotplug_lock);
	return true;
}

/* Holds the tables by the lock alone. */
FALLOW_READER_ON(2, dump_tables)
{
	pmd_t entry;

#ifndef WRONG_DUMPS_WITHOUT_LOCK
	percpu_down_read(&hotplug_lock);
#endif
	entry = pmdp_get(pmd_off_k(slot->start));
	if (pmd_present(entry))
		(void)ptep_get((pte_t *)pmd_page_vaddr(entry) +
			       pte_index(slot->start));
#ifndef WRONG_DUMPS_WITHOUT_LOCK
	percpu_up_read(&hotplug_lock);
#endif
	return true;
}

FALLOW_READER_ON(2, walk_lockless)
{
	pmd_t entry;

	rcu_read_lock();
	entry = READ_ONCE(*pmd_off_k(slot->start));
	if (pmd_present(entry))
		(void)ptep_get_lockless((pte_t *)pmd_page_vaddr(entry) +
					pte_index(slot->start));
	rcu_read_unlock();
	return true;
}
