/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static void run(struct work_struct *work);
static DECLARE_WORK(work, run);
static struct workqueue_struct *queue;
static int is_done;

static void run(struct work_struct *w)
{
	WRITE_ONCE(is_done, 1);
}

FALLOW_SETUP(prepare)
{
	queue = alloc_workqueue("queue", WQ_UNBOUND, 0);
	return true;
}

FALLOW_OPERATION_ON(1, stop, FALLOW_EMPTY, FALLOW_OVER)
{
	queue_work(queue, &work);
#ifndef WRONG
	if (fallow_choose(2))
		flush_workqueue(queue);
	else
		drain_workqueue(queue);
	flush_scheduled_work();
#endif
	BUG_ON(!READ_ONCE(is_done));
	destroy_workqueue(queue);
	return true;
}

FALLOW_READER_ON(2, on_stack)
{
	struct work_struct own;

	INIT_WORK_ONSTACK(&own, run);
	queue_work(queue, &own);
	flush_work(&own);
	destroy_work_on_stack(&own);
	return true;
}
