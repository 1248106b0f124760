/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/seqlock.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

static seqcount_t count = SEQCNT_ZERO(count);
static DEFINE_SPINLOCK(lock);
static seqcount_spinlock_t guarded = SEQCNT_SPINLOCK_ZERO(guarded, &lock);
static struct mutex mutex;
static seqcount_mutex_t sleeping = SEQCNT_MUTEX_ZERO(sleeping, &mutex);
static seqlock_t both;
static int pair[2];

FALLOW_SETUP(make)
{
	seqcount_init(&count);
	seqcount_spinlock_init(&guarded, &lock);
	seqcount_mutex_init(&sleeping, &mutex);
	seqlock_init(&both);
	return true;
}

FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	unsigned int start;
	int first, second;

	if (slot->number == 0) {
		raw_write_seqcount_begin(&count);
		WRITE_ONCE(pair[0], 1);
		WRITE_ONCE(pair[1], 1);
		raw_write_seqcount_end(&count);
		return true;
	}
#ifdef WRONG
	start = raw_read_seqcount(&count);
#else
	/* Odd while a write is under way: then it is tried again. */
	start = raw_seqcount_begin(&count);
#endif
	first = READ_ONCE(pair[0]);
	second = READ_ONCE(pair[1]);
	if (!read_seqcount_retry(&count, start))
		BUG_ON(first != second);
	return true;
}
