/* With WRONG: accessToFree. */
#include <linux/bug.h>
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/smp.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .unshared = 1,
	       .broadcast_flush = 1);

static DEFINE_PER_CPU(int, count);
static int seen;

static void do_nothing(void *unused) { (void)unused; }

FALLOW_OPERATION_ON(1, map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_table();

	if (!table)
		return false;
	BUG_ON(!pte_none(table[pte_index(slot->leaf)]));
	clear_page(table);
	set_pte(table + slot->leaf_index, __pte(slot->leaf));
	set_pmd(pmd_offset_slot(slot), __pmd(__pa(table) | _PAGE_PRESENT));
	return true;
}

/* Readers with interrupts off are waited for by one interrupt each. */
FALLOW_OPERATION_ON(1, unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_offset_slot(slot), old = *pmd;
	struct ptdesc *table = pmd_ptdesc(old);
	pte_t *entries = page_to_virt(ptdesc_page(table));

	might_sleep();
	might_sleep_if(pmd_val(old) == 0);
	cpus_read_lock();
	BUG_ON(entries != ptdesc_address(table));
	BUG_ON(entries != page_address(virt_to_page(entries)));
	BUG_ON(phys_to_virt(virt_to_phys(entries)) != entries);
	BUG_ON(pmd_pfn(old) != page_to_pfn(pmd_page(old)));
	BUG_ON(virt_to_ptdesc(entries) != page_ptdesc(ptdesc_page(table)));
	BUG_ON(pte_val(ptep_get_lockless(entries + slot->leaf_index)) !=
	       slot->leaf);
	pte_clear(NULL, slot->start, entries + slot->leaf_index);
	pmd_clear(pmd);
	switch (fallow_choose(4)) {
	case 0: flush_tlb_all(); break;
	case 1: flush_tlb_mm(&init_mm); break;
	case 2: flush_tlb_range(NULL, slot->start, slot->end); break;
	default: flush_tlb_mm_range(NULL, slot->start, slot->end, 12, true);
	}
#ifndef WRONG
	on_each_cpu(do_nothing, NULL, 1);
#endif
	cpus_read_unlock();
	pte_free_kernel(NULL, entries);
	return true;
}

FALLOW_READER_ON(2, look)
{
	unsigned long flags;
	pgd_t *pgd = pgd_offset(&init_mm, slot->start);
	pmd_t pmd;

	if (pgd_none(*pgd) || p4d_none(*p4d_offset(pgd, slot->start)) ||
	    pud_none(*pud_offset(p4d_offset(pgd, slot->start), slot->start)))
		return true;
	local_irq_save(flags);
	pmd = pmdp_get((pmd_t *)pgd);
	if (pmd_present(pmd))
		seen = pte_pfn(ptep_get(
			(pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index)) != 0;
	local_irq_restore(flags);
	return this_cpu_read(count) == 0;
}
