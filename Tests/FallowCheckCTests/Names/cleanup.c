/* With WRONG: leak. */
/* Two CPUs may make the same table; the slower one gives its back. */
#include <linux/mm.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

static DEFINE_MUTEX(unmap_lock);

FALLOW_READER(fault)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pte_t *table;

	if (!pmd_none(pmdp_get(pmd)))
		return true;
	table = pte_alloc_one_kernel(NULL);
	if (!table)
		return false;
#ifdef WRONG
	if (pmd_none(pmdp_get(pmd)))
		pmd_populate_kernel(NULL, pmd, table);
	else
		pte_free_kernel(NULL, table);
#else
	if (!pmd_populate_once(pmd, table))
		pte_free_kernel(NULL, table);
#endif
	return true;
}

FALLOW_READER(teardown)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	pmd_t old;

	guard(mutex)(&unmap_lock);
	old = pmdp_get_and_clear_kernel(pmd);
	if (!pmd_present(old))
		return true;
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	pte_free_kernel(NULL, (void *)pmd_page_vaddr(old));
	return true;
}
