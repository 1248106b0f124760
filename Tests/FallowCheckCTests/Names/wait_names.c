/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DECLARE_WAIT_QUEUE_HEAD(queue);
static DECLARE_COMPLETION(first);
static DECLARE_COMPLETION(second);
static struct mutex lock;
static refcount_t users = REFCOUNT_INIT(1);
static unsigned long busy = 1;
static int is_ready, data;

FALLOW_OPERATION(pass, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
#ifndef WRONG
		WRITE_ONCE(data, 1);
#endif
		WRITE_ONCE(is_ready, 1);
		wake_up_var(&is_ready);
		clear_bit(0, &busy);
		wake_up_bit(&busy, 0);
		complete(&first);
		complete(&second);
		return true;
	}
	wait_event_idle(queue, READ_ONCE(is_ready));
	wait_var_event(&is_ready, READ_ONCE(is_ready));
	BUG_ON(wait_on_bit(&busy, 0, 0));
	BUG_ON(wait_for_completion_killable(&first));
	BUG_ON(wait_for_completion_interruptible(&second));
	BUG_ON(!READ_ONCE(data));
	if (refcount_dec_and_mutex_lock(&users, &lock))
		mutex_unlock(&lock);
	return true;
}
