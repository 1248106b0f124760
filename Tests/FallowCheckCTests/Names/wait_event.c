/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DECLARE_WAIT_QUEUE_HEAD(queue);
static int is_ready, data;

FALLOW_OPERATION(pass, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		WRITE_ONCE(data, 1);
		WRITE_ONCE(is_ready, 1);
		wake_up(&queue);
		return true;
	}
#ifndef WRONG
	wait_event(queue, READ_ONCE(is_ready));
#endif
	BUG_ON(!READ_ONCE(data));
	return true;
}
