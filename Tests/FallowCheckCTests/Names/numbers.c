/* With WRONG: assertion. */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);

#define CONFIG_HERE 1

static int codes[] = { EPERM, ENOENT, EINTR, EIO, EAGAIN, ENOMEM, EFAULT,
	EBUSY, EEXIST, ENODEV, EINVAL, ENOSPC, ERANGE, EOPNOTSUPP, ETIMEDOUT };


BUILD_BUG_ON(sizeof(u64) != 8);

static noinline int kind(int way)
{
	switch (way) {
	case 0:
		way++;
		fallthrough;
	case 1: return way;
	default: BUG();
	}
	return 0;
}

FALLOW_OPERATION(compute, FALLOW_EMPTY, FALLOW_OVER)
{
	void *object = &codes;
	int low = 1, high = 9;

	for (unsigned int i = 1; i < ARRAY_SIZE(codes); i++) {
		BUG_ON(codes[i] <= codes[i - 1] || codes[i] > MAX_ERRNO);
		BUG_ON(!IS_ERR(ERR_PTR(-codes[i])));
		BUG_ON(PTR_ERR(ERR_PTR(-codes[i])) != -codes[i]);
	}
	BUG_ON(IS_ERR(object) || IS_ERR_OR_NULL(object));
	BUG_ON(IS_ERR(NULL) || !IS_ERR_OR_NULL(NULL));
	BUG_ON(PTR_ERR_OR_ZERO(object) || IS_ERR_VALUE(4096UL));
	BUG_ON(PTR_ERR_OR_ZERO(ERR_CAST(ERR_PTR(-EIO))) != -EIO);

	BUG_ON(BIT(3) != 8 || BIT_ULL(40) != 1UL << 40);
	BUG_ON(GENMASK(5, 2) != 0x3c || GENMASK(63, 0) != ~0UL);
	BUG_ON(min(low, high) != 1 || max(low, high) != 9);
	BUG_ON(min_t(u8, 257, 2) != 1 || max_t(u8, 257, 2) != 2);
	BUG_ON(clamp(12, low, high) != 9 || clamp(0, low, high) != 1);
	swap(low, high);
	BUG_ON(low != 9 || high != 1);

	BUG_ON(ALIGN(PAGE_SIZE + 1, PAGE_SIZE) != 2 * PAGE_SIZE);
	BUG_ON(ALIGN_DOWN(PAGE_SIZE + 1, PAGE_SIZE) != PAGE_SIZE);
	BUG_ON(round_up(5, 4) != 8 || round_down(5, 4) != 4);
	BUG_ON(IS_ALIGNED(6, 4) || !IS_ALIGNED(PMD_SIZE, PAGE_SIZE));
	BUG_ON(PTR_ALIGN((char *)5, 4) != (char *)8);
	BUG_ON(DIV_ROUND_UP(5, 4) != 2 || 1UL << PAGE_SHIFT != PAGE_SIZE);
	BUG_ON((PMD_MASK & PAGE_MASK) != PMD_MASK || 1UL << PMD_SHIFT != PMD_SIZE);
	BUG_ON(!IS_ENABLED(CONFIG_HERE) || IS_ENABLED(CONFIG_NOT_HERE));
	BUG_ON(kind(0) != 1 || kind(1) != 1);

	pr_err("an error of %d\n", low);
	pr_warn("a warning\n");
	pr_info("a message\n");
	pr_debug("one for who debugs\n");
	pr_err_once("once\n");
	pr_warn_once("once\n");
	pr_err_ratelimited("at times\n");
	pr_warn_ratelimited("at times\n");
	printk("one\n");
	dev_err(NULL, "a device's\n");
	dev_warn(NULL, "a device's\n");
	dev_info(NULL, "a device's\n");
	dev_dbg(NULL, "a device's\n");
	WARN_ON_ONCE(low < high);
	WARN(low < high, "it is %d\n", low);
	WARN_ONCE(low < high, "it is %d\n", low);
	VM_BUG_ON(low < high);
	VM_BUG_ON_PAGE(low < high, NULL);
	VM_WARN_ON(low < high);
	VM_WARN_ON_ONCE(low < high);
	VM_WARN_ON_FOLIO(low < high, NULL);
	if (unlikely(low < high))
		dump_stack();
#ifdef WRONG
	if (likely(low > high))
		panic("it ends here\n");
#endif
	return true;
}

EXPORT_SYMBOL(codes);
EXPORT_SYMBOL_GPL(codes);
MODULE_LICENSE("GPL");
