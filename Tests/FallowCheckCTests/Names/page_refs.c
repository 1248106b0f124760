/* With WRONG: accessToFree. */
#include <fallow/linux.h>

/* A reader that takes a reference keeps the page; the last one frees it. */
FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .iommus = 0);

static DEFINE_SPINLOCK(lock);
static struct page *shared;

FALLOW_OPERATION_ON(1, change, FALLOW_EMPTY, FALLOW_EMPTY)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	if (!page)
		return false;
	BUG_ON(page_count(page) != 1);
	set_page_private(page, 7);
	spin_lock(&lock);
	shared = page;
	spin_unlock(&lock);
	spin_lock(&lock);
	shared = NULL;
	spin_unlock(&lock);
#ifdef WRONG
	free_pages((unsigned long)page_address(page), 0);
#else
	put_page(page);
#endif
	return true;
}

FALLOW_READER_ON(2, look)
{
	struct page *page;

	spin_lock(&lock);
	page = shared;
	if (page)
		get_page(page);
	spin_unlock(&lock);
	if (!page)
		return true;
	BUG_ON(page_private(page) != 7 || page_ref_count(page) < 1);
	if (get_page_unless_zero(page))
		BUG_ON(put_page_testzero(page));
	put_page(page);
	return true;
}

FALLOW_READER_ON(1, begin)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page) {
		init_page_count(page);
		set_page_count(page, 2);
		page_ref_inc(page);
		BUG_ON(page_ref_dec_and_test(page));
		BUG_ON(page_ref_dec_and_test(page));
		put_page(page);
	}
	return true;
}
