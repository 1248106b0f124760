/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

static int *pointer;
static int value;

FALLOW_SETUP(prepare)
{
	pointer = &value;
#ifndef WRONG
	*pointer = 5;
#endif
	return true;
}

FALLOW_READER(look)
{
	BUG_ON(*pointer != 5);
	return true;
}
