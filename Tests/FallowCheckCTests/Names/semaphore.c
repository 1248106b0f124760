/* With WRONG: assertion. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);

static DEFINE_SEMAPHORE(one, 1);
static struct semaphore other = __SEMAPHORE_INITIALIZER(other, 1);
static int inside;

FALLOW_SETUP(prepare)
{
	sema_init(&other, 1);
	return true;
}

FALLOW_READER(enter)
{
	down(&one);
#ifndef WRONG
	BUG_ON(!down_trylock(&one));
#else
	up(&one);
#endif
	BUG_ON(READ_ONCE(inside));
	WRITE_ONCE(inside, 1);
	WRITE_ONCE(inside, 0);
#ifndef WRONG
	up(&one);
#endif
	return true;
}

FALLOW_READER_ON(1, look)
{
	if (down_interruptible(&other) == 0)
		up(&other);
	return true;
}
