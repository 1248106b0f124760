/* With WRONG: heldByCPU. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .unshared = 1,
	       .cpus_cache_apart = 1, .walking_cpus = 3);

static unsigned long wanted;
static unsigned long flushed[2];
static void *unlinked;

/* Frees what every CPU has flushed. */
static void reclaim(struct work_struct *work)
{
	unsigned long number = READ_ONCE(wanted);

	if (number == 0 || READ_ONCE(flushed[0]) != number
	    || READ_ONCE(flushed[1]) != number)
		return;
	void *table = xchg(&unlinked, NULL);
	if (table)
		fallow_free_table(table);
}
static DECLARE_WORK(work, reclaim);

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	pmd_populate_kernel(NULL, pmd_offset_slot(slot), table);
	return true;
}

FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_OVER)
{
	pmd_t *pmd = pmd_offset_slot(slot);
	void *table = (void *)pmd_page_vaddr(*pmd);

	pmd_clear(pmd);
	xchg(&unlinked, table);
	WRITE_ONCE(wanted, 1);
	return true;
}

/* Each CPU flushes itself at its next tick. */
FALLOW_READER(tick)
{
	unsigned long number = READ_ONCE(wanted);
	unsigned long *own = &flushed[smp_processor_id()];

#ifdef WRONG
	WRITE_ONCE(*own, number);
	local_flush_tlb_all();
#else
	local_flush_tlb_all();
	WRITE_ONCE(*own, number);
#endif
	schedule_work(&work);
	return true;
}
