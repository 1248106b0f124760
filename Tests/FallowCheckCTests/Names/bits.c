/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static unsigned long word, inside;

FALLOW_OPERATION(enter, FALLOW_EMPTY, FALLOW_OVER)
{
#ifdef WRONG
	if (test_bit(3, &word))
		return false;
	set_bit(3, &word);
#else
	if (test_and_set_bit(3, &word))
		return false;
#endif
	BUG_ON(inside);
	inside = 1;
	inside = 0;
	clear_bit(3, &word);
	return true;
}
