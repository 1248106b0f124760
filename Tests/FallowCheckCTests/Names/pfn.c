/* With WRONG: accessToFree. */
#include <fallow/linux.h>

FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 2);

static unsigned long kept;
static DEFINE_SPINLOCK(lock);

FALLOW_READER(keep)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long old;

	if (!page)
		return false;
	spin_lock(&lock);
	old = kept;
	kept = page_to_pfn(page);
	spin_unlock(&lock);
	if (!old)
		return true;
	page = pfn_to_page(old);
#ifdef WRONG
	__free_page(page);
#endif
	page->private = 1;
#ifndef WRONG
	__free_page(page);
#endif
	return true;
}
