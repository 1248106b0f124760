/* With WRONG: accessToFree. */
/* The low bit of the pointer to a table is its lock. */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

#define LOCKED 1UL

static unsigned long tagged;

static unsigned long lock_tagged(void)
{
	while (test_and_set_bit(0, &tagged))
		cpu_relax();
	return READ_ONCE(tagged) & ~LOCKED;
}

static void unlock_tagged(unsigned long table)
{
	smp_store_release(&tagged, table);
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	lock_tagged();
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	unlock_tagged((unsigned long)table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	unsigned long table = lock_tagged();

	pmd_clear(pmd_off_k(slot->start));
	unlock_tagged(0);
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	pte_free_kernel(NULL, (void *)table);
	return true;
}

FALLOW_READER(walk)
{
#ifdef WRONG
	unsigned long table = READ_ONCE(tagged) & ~LOCKED;
	if (table)
		(void)ptep_get((pte_t *)table + slot->leaf_index);
#else
	unsigned long table = lock_tagged();
	if (table)
		(void)ptep_get((pte_t *)table + slot->leaf_index);
	unlock_tagged(table);
#endif
	return true;
}
