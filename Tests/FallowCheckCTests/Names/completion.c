/* With WRONG: staleStack. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

struct request { struct completion done; struct work_struct work; int answer; };

static void answer(struct work_struct *work)
{
	struct request *request = container_of(work, struct request, work);

	request->answer = 42;
	complete(&request->done);
}

FALLOW_READER(ask)
{
	struct request request;

	init_completion(&request.done);
	INIT_WORK(&request.work, answer);
	request.answer = 0;
	schedule_work(&request.work);
#ifndef WRONG
	wait_for_completion(&request.done);
	BUG_ON(request.answer != 42);
#endif
	return true;
}
