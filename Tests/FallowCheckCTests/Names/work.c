/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

static int is_gone, ran;
static void run(struct work_struct *unused)
{
	BUG_ON(READ_ONCE(is_gone));
	WRITE_ONCE(ran, 1);
}
static DECLARE_WORK(work, run);

FALLOW_OPERATION(leave, FALLOW_EMPTY, FALLOW_OVER)
{
	schedule_work(&work);
#ifdef WRONG
	cancel_work(&work);
#else
	flush_work(&work);
	BUG_ON(!READ_ONCE(ran));
	queue_work(system_wq, &work);
	cancel_work_sync(&work);
#endif
	WRITE_ONCE(is_gone, 1);
	return true;
}
