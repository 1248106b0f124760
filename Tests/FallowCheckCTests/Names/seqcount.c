/* With WRONG: assertion. */
/* A table and the entry that leads to it change together, under a sequence count. */
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/mm.h>
#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static seqcount_spinlock_t seq;
static DEFINE_SPINLOCK(lock);
static pte_t *current_table;

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(NULL);

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	spin_lock(&lock);
	write_seqcount_begin(&seq);
	current_table = table;
	pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
	write_seqcount_end(&seq);
	spin_unlock(&lock);
	return true;
}

FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pte_t *table;

	spin_lock(&lock);
	write_seqcount_begin(&seq);
	table = current_table;
	WRITE_ONCE(current_table, NULL);
	pmd_clear(pmd_off_k(slot->start));
	write_seqcount_end(&seq);
	spin_unlock(&lock);
	flush_tlb_kernel_range(slot->start, slot->end);
	iommu_sva_invalidate_kva_range(slot->start, slot->end);
	synchronize_rcu();
	pte_free_kernel(NULL, table);
	return true;
}

FALLOW_READER_ON(2, walk)
{
	unsigned int start;
	pte_t *table;
	pmd_t pmd;

	rcu_read_lock();
	do {
		start = read_seqcount_begin(&seq);
		table = READ_ONCE(current_table);
		pmd = pmdp_get(pmd_off_k(slot->start));
#ifdef WRONG
	} while (0);
#else
	} while (read_seqcount_retry(&seq, start));
#endif
	BUG_ON(pmd_present(pmd) != !!table);
	if (table)
		(void)ptep_get(table + slot->leaf_index);
	rcu_read_unlock();
	return true;
}
