/* With WRONG: badFree. */
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/slab.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

static int depth, freed;
DEFINE_GUARD(depth, int *, (*_T)++, (*_T)--)
DEFINE_FREE(counted, int *, if (_T) { freed++; kfree(_T); })

static int *make(void)
{
	int *number __free(counted) = kzalloc(sizeof *number, GFP_KERNEL);

	if (!number)
		return NULL;
	*number = 1;
	return_ptr(number);
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	int *number = make(), *kept = NULL;

	WARN_ON(freed || depth);
	{
		int *owned __free(counted) = number;

		scoped_guard(depth, &depth)
			BUG_ON(depth != 1);
		BUG_ON(depth);
#ifdef WRONG
		kept = owned;
#else
		kept = no_free_ptr(owned);
#endif
	}
	kfree(kept);
	return true;
}
