/* With WRONG: badAddress. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .objects = 1,
	       .failing_allocations = 1);

FALLOW_READER(allocate)
{
	int *object = kzalloc(sizeof(*object), GFP_KERNEL);

#ifndef WRONG
	if (!object)
		return false;
#endif
	BUG_ON(*object);
	kfree(object);
	return true;
}
