/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1, .store_buffers = 2);

static unsigned long data, ready;

FALLOW_OPERATION(pass, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
#ifdef WRONG
		smp_store_release(&ready, 1);
		WRITE_ONCE(data, 42);
#else
		WRITE_ONCE(data, 42);
		smp_wmb();
		smp_store_release(&ready, 1);
#endif
		return true;
	}
	if (smp_load_acquire(&ready))
		BUG_ON(READ_ONCE(data) != 42);
	return true;
}
