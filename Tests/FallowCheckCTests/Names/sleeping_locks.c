/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static struct mutex lock;
static struct mm_struct mm;
static int pair[2];
static int inside;

FALLOW_SETUP(make)
{
	mutex_init(&lock);
	mmap_init_lock(&mm);
	return true;
}

FALLOW_OPERATION(lock_any, FALLOW_EMPTY, FALLOW_OVER)
{
	switch (fallow_choose(4)) {
	case 0:
		if (mutex_lock_interruptible(&lock))
			return true;
		break;
	case 1:
		if (mutex_lock_killable(&lock))
			return true;
		break;
	case 2:
		mutex_lock_nested(&lock, 1);
		break;
	default:
		if (!mutex_trylock(&lock))
			return true;
	}
	BUG_ON(!mutex_is_locked(&lock));
	BUG_ON(inside++);
	inside--;
	mutex_unlock(&lock);
	return true;
}

static void write_pair(void)
{
	pair[0]++;
	pair[1]++;
}

static void read_pair(void)
{
	BUG_ON(!rwsem_is_locked(&mm.mmap_lock));
	BUG_ON(READ_ONCE(pair[0]) != READ_ONCE(pair[1]));
}

FALLOW_OPERATION(write_any, FALLOW_EMPTY, FALLOW_OVER)
{
	switch (fallow_choose(3)) {
	case 0:
		if (!mmap_write_trylock(&mm))
			return true;
		write_pair();
		break;
	case 1:
		down_write_nested(&mm.mmap_lock, 1);
		write_pair();
		break;
	default:
		if (!down_write_trylock(&mm.mmap_lock))
			return true;
		write_pair();
		downgrade_write(&mm.mmap_lock);
		read_pair();
		up_read(&mm.mmap_lock);
		return true;
	}
	if (fallow_choose(2)) {
		mmap_write_unlock(&mm);
	} else {
		mmap_write_downgrade(&mm);
		read_pair();
		mmap_read_unlock(&mm);
	}
	return true;
}

FALLOW_OPERATION(read_any, FALLOW_EMPTY, FALLOW_OVER)
{
	switch (fallow_choose(3)) {
	case 0:
		if (!mmap_read_trylock(&mm))
			return true;
		break;
	case 1:
		down_read_nested(&mm.mmap_lock, 1);
		break;
	default:
#ifdef WRONG
		if (!rwsem_is_locked(&mm.mmap_lock))
			return true;
		read_pair();
		return true;
#else
		if (!down_read_trylock(&mm.mmap_lock))
			return true;
#endif
	}
	read_pair();
	up_read(&mm.mmap_lock);
	return true;
}
