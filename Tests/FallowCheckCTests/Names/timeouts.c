/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static struct completion done;
static DECLARE_WAIT_QUEUE_HEAD(queue);
static int value;

FALLOW_SETUP(make)
{
	init_completion(&done);
	init_waitqueue_head(&queue);
	return true;
}

static bool has_waited(int way)
{
	switch (way) {
	case 0: return wait_for_completion_timeout(&done, 10) != 0;
	case 1: return wait_event_timeout(queue, READ_ONCE(value), 10) != 0;
	case 2: return wait_event_interruptible(queue, READ_ONCE(value)) == 0;
	case 3: return wait_event_killable(queue, READ_ONCE(value)) == 0;
	case 4: return try_wait_for_completion(&done);
	default: return completion_done(&done);
	}
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		msleep(1);
		usleep_range(1, 2);
		udelay(1);
		ndelay(1);
		WRITE_ONCE(value, 1);
		complete_all(&done);
		wake_up(&queue);
		wake_up_all(&queue);
		wake_up_interruptible(&queue);
		return true;
	}
	schedule();
	schedule_timeout_uninterruptible(1);
	if (has_waited(fallow_choose(6)))
		BUG_ON(!READ_ONCE(value));
#ifdef WRONG
	/* Time may have run out. */
	else
		BUG_ON(!READ_ONCE(value));
#else
	else
		cond_resched();
#endif
	return true;
}
