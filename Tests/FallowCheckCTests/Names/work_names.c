/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/workqueue.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

static void run(struct work_struct *work);
static DECLARE_DELAYED_WORK(later, run);
static struct delayed_work made;
static struct workqueue_struct *queue;
static int runs;

static void run(struct work_struct *work)
{
	struct delayed_work *delayed = to_delayed_work(work);

	BUG_ON(delayed != &later && delayed != &made);
	runs++;
}

FALLOW_SETUP(make)
{
	INIT_DELAYED_WORK(&made, run);
	queue = alloc_workqueue("fallow", WQ_UNBOUND | WQ_MEM_RECLAIM |
				WQ_HIGHPRI | WQ_FREEZABLE | WQ_PERCPU, 0);
	if (!queue)
		queue = alloc_ordered_workqueue("fallow", 0);
	return true;
}

static bool put_off(int way)
{
	switch (way) {
	case 0: return schedule_delayed_work(&later, 1);
	case 1: return queue_delayed_work(queue, &later, 1);
	case 2: return mod_delayed_work(system_unbound_wq, &later, 1);
	case 3: return queue_delayed_work(system_long_wq, &later, 1);
	case 4: return queue_work_on(0, system_highpri_wq, &later.work);
	case 5: return queue_work_on(0, system_percpu_wq, &later.work);
	default: return queue_work_on(0, system_dfl_wq, &later.work);
	}
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	bool is_taken_back = false;

	BUG_ON(!put_off(fallow_choose(7)));
	switch (fallow_choose(3)) {
	case 0: flush_delayed_work(&later); break;
	case 1: is_taken_back = cancel_delayed_work_sync(&later); break;
	default:
		is_taken_back = cancel_delayed_work(&later);
#ifndef WRONG
		/* It may have begun. */
		flush_delayed_work(&later);
#endif
	}
	BUG_ON(READ_ONCE(runs) != !is_taken_back);
	return true;
}
