/* A driver gives a table back once the device is done with it: a fence that an
 * interrupt signals, and a list that is freed when the last user has put its
 * reference. */
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .objects = 2);

#define SIGNALED 0

struct job {
	struct kref refs;
	unsigned long flags;
	struct list_head link;
	struct ptdesc *table;
};

static LIST_HEAD(pending);
static DEFINE_SPINLOCK(pending_lock);
static void retire_jobs(struct work_struct *work);
static DECLARE_WORK(retire, retire_jobs);

static void job_release(struct kref *refs)
{
	struct job *job = container_of(refs, struct job, refs);

#ifndef WRONG_NO_INVALIDATION
	iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL);
#endif
	__pagetable_free(job->table);
	kfree(job);
}

static void retire_jobs(struct work_struct *work)
{
	struct job *job, *next;
	unsigned long flags;
	LIST_HEAD(done);

	spin_lock_irqsave(&pending_lock, flags);
	list_for_each_entry_safe(job, next, &pending, link)
		if (test_bit(SIGNALED, &job->flags))
			list_move_tail(&job->link, &done);
	spin_unlock_irqrestore(&pending_lock, flags);
	while ((job = list_first_entry_or_null(&done, struct job, link))) {
		list_del(&job->link);
		kref_put(&job->refs, job_release);
	}
}

/* The device is done: the oldest job is signaled. */
FALLOW_INTERRUPT(job_done)
{
	struct job *job;

#ifdef WRONG_NO_LOCK_IN_INTERRUPT
	job = list_first_entry_or_null(&pending, struct job, link);
#else
	spin_lock(&pending_lock);
	job = list_first_entry_or_null(&pending, struct job, link);
#endif
	if (job && !test_and_set_bit(SIGNALED, &job->flags))
		schedule_work(&retire);
#ifndef WRONG_NO_LOCK_IN_INTERRUPT
	spin_unlock(&pending_lock);
#endif
	return true;
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

FALLOW_OPERATION(submit_unmap, FALLOW_MAPPED, FALLOW_EMPTY)
{
	pmd_t *pmd = pmd_off_k(slot->start);
	struct job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	unsigned long flags;

	if (!job)
		return false;
	kref_init(&job->refs);
	job->table = pmd_ptdesc(*pmd);
	pmd_clear(pmd);
	flush_tlb_kernel_range(slot->start, slot->end);
#ifdef WRONG_LOCK_WITH_INTERRUPTS_ON
	(void)flags;
	spin_lock(&pending_lock);
	list_add_tail(&job->link, &pending);
	spin_unlock(&pending_lock);
#else
	spin_lock_irqsave(&pending_lock, flags);
	list_add_tail(&job->link, &pending);
	spin_unlock_irqrestore(&pending_lock, flags);
#endif
	return true;
}
