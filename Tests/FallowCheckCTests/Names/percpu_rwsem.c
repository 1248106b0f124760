/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

DEFINE_STATIC_PERCPU_RWSEM(hotplug);
static int is_changing;

FALLOW_SETUP(prepare)
{
	return percpu_init_rwsem(&hotplug) == 0;
}

FALLOW_READER_ON(1, change)
{
#ifdef WRONG
	percpu_down_read(&hotplug);
#else
	percpu_down_write(&hotplug);
	lockdep_assert_held_write(&hotplug.rw);
#endif
	WRITE_ONCE(is_changing, 1);
	WRITE_ONCE(is_changing, 0);
#ifdef WRONG
	percpu_up_read(&hotplug);
#else
	percpu_up_write(&hotplug);
#endif
	percpu_free_rwsem(&hotplug);
	return true;
}

FALLOW_READER_ON(2, look)
{
	percpu_down_read(&hotplug);
	lockdep_assert(!READ_ONCE(is_changing));
	percpu_up_read(&hotplug);
	return true;
}
