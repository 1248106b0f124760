/* Memory is unplugged: the tables that mapped it are freed at once, which needs
 * every walker to have forgotten them. Each WRONG_ form changes one thing. */
#include <linux/mm.h>
#include <linux/mutex.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 2);

static DEFINE_MUTEX(hotplug_lock);

static void remove_table(pmd_t *pmd, unsigned long start, unsigned long end)
{
	void *table = (void *)pmd_page_vaddr(*pmd);

#ifdef WRONG_FREES_FIRST
	free_page((unsigned long)table);
#endif
	pmd_clear(pmd);
#ifndef WRONG_NO_FLUSH
	flush_tlb_kernel_range(start, end);
#endif
#ifndef WRONG_NO_INVALIDATION
	iommu_sva_invalidate_kva_range(start, end);
#endif
#ifndef WRONG_FREES_FIRST
	free_page((unsigned long)table);
#endif
}

FALLOW_OPERATION(plug, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table;

	mutex_lock(&hotplug_lock);
	table = pte_alloc_one_kernel(NULL);
	if (table) {
		set_pte(table + slot->leaf_index, __pte(slot->leaf));
		pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	}
	mutex_unlock(&hotplug_lock);
	return table != NULL;
}

FALLOW_OPERATION(unplug, FALLOW_MAPPED, FALLOW_EMPTY)
{
	mutex_lock(&hotplug_lock);
	remove_table(pmd_off_k(slot->start), slot->start, slot->end);
	mutex_unlock(&hotplug_lock);
	return true;
}
