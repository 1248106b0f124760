/* With WRONG: heldByCPU. */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/spinlock.h>

#include <fallow/check.h>

/* Ranges are mapped and unmapped by walks from the root, level by level; the
 * tables that an unmap leaves are freed after its flush. */
FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2, .iommus = 0);

static DEFINE_SPINLOCK(lock);

static void unmap_leaves(pmd_t *pmd, unsigned long address, unsigned long end)
{
	pte_t *pte = pte_offset_kernel(pmd, address);

	do {
		pte_t old = ptep_get_and_clear(&init_mm, address, pte);

		BUG_ON(!pte_none(old) && !pte_present(old));
	} while (pte++, address += PAGE_SIZE, address != end);
}

static void unmap_tables(pud_t *pud, unsigned long address, unsigned long end,
			 struct list_head *freed)
{
	pmd_t *pmd = pmd_offset(pud, address);
	unsigned long next;

	do {
		next = pmd_addr_end(address, end);
		if (pmd_none_or_clear_bad(pmd))
			continue;
		BUG_ON(pmd_leaf(*pmd) || pmd_trans_huge(*pmd) || pmd_bad(*pmd));
		unmap_leaves(pmd, address, next);
		list_add(&pmd_ptdesc(*pmd)->pt_list, freed);
		pmd_clear(pmd);
	} while (pmd++, address = next, address != end);
}

static void unmap_range(unsigned long address, unsigned long end,
			struct list_head *freed)
{
	pgd_t *pgd = pgd_offset_k(address);
	unsigned long next;

	do {
		p4d_t *p4d = p4d_offset(pgd, address);
		pud_t *pud = pud_offset(p4d, address);

		next = pgd_addr_end(address, end);
		BUG_ON(p4d_addr_end(address, next) != next);
		BUG_ON(pud_addr_end(address, next) != next);
		if (pgd_none_or_clear_bad(pgd) || p4d_none_or_clear_bad(p4d) ||
		    pud_none_or_clear_bad(pud))
			continue;
		BUG_ON(!pgd_present(*pgd) || !p4d_present(*p4d) ||
		       !pud_present(*pud));
		BUG_ON(pgd_leaf(*pgd) || p4d_leaf(*p4d) || pud_leaf(*pud));
		BUG_ON(pgd_bad(*pgd) || p4d_bad(*p4d) || pud_bad(*pud));
		unmap_tables(pud, address, next, freed);
	} while (pgd++, address = next, address != end);
}

FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
{
	pte_t *table = pte_alloc_one_kernel(&init_mm);

	if (!table)
		return false;
	set_pte(&table[slot->leaf_index], __pte(slot->leaf));
	pmd_populate_kernel(&init_mm, pmd_off_k(slot->start), table);
	return true;
}

FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	struct ptdesc *table, *next;
	LIST_HEAD(freed);

	spin_lock(&lock);
	unmap_range(slot->start, slot->end, &freed);
	spin_unlock(&lock);
#ifndef WRONG
	flush_tlb_kernel_range(slot->start, slot->end);
#endif
	list_for_each_entry_safe(table, next, &freed, pt_list)
		__pagetable_free(table);
	return true;
}
