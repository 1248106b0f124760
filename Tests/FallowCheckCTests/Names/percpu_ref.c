/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static struct percpu_ref users;
static DECLARE_COMPLETION(gone);
static int is_gone;

static void release(struct percpu_ref *ref)
{
	BUG_ON(!percpu_ref_is_zero(ref));
	complete(&gone);
}

FALLOW_SETUP(prepare)
{
	return percpu_ref_init(&users, release, 0, GFP_KERNEL) == 0;
}

FALLOW_OPERATION_ON(1, remove, FALLOW_EMPTY, FALLOW_OVER)
{
	percpu_ref_kill(&users);
	BUG_ON(!percpu_ref_is_dying(&users));
#ifndef WRONG
	wait_for_completion(&gone);
#endif
	percpu_ref_exit(&users);
	WRITE_ONCE(is_gone, 1);
	return true;
}

FALLOW_READER_ON(2, use)
{
	if (!percpu_ref_tryget_live(&users))
		return true;
	percpu_ref_get(&users);
	percpu_ref_put(&users);
	BUG_ON(READ_ONCE(is_gone));
	if (percpu_ref_tryget(&users))
		percpu_ref_put(&users);
	percpu_ref_put(&users);
	return true;
}
