/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/completion.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static DECLARE_COMPLETION(one);
static struct completion two = COMPLETION_INITIALIZER(two);
static int value;

FALLOW_OPERATION(pass, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
		WRITE_ONCE(value, 1);
		complete(&one);
		wait_for_completion(&two);
		BUG_ON(READ_ONCE(value) != 2);
		return true;
	}
	wait_for_completion(&one);
#ifdef WRONG
	complete(&two);
	WRITE_ONCE(value, 2);
#else
	WRITE_ONCE(value, 2);
	complete(&two);
#endif
	return true;
}

FALLOW_OPERATION(use_stack, FALLOW_OVER, FALLOW_OVER)
{
	DECLARE_COMPLETION_ONSTACK(own);

	complete(&own);
	wait_for_completion(&own);
	complete_all(&own);
	reinit_completion(&own);
	BUG_ON(completion_done(&own));
	return true;
}
