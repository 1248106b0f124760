/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/jump_label.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);

DECLARE_STATIC_KEY_FALSE(is_ready);
DEFINE_STATIC_KEY_FALSE(is_ready);
DECLARE_STATIC_KEY_TRUE(is_enabled);
DEFINE_STATIC_KEY_TRUE(is_enabled);
static int value;

FALLOW_SETUP(start)
{
	BUG_ON(static_key_enabled(&is_ready));
	return true;
}

/* What is switched on was made ready before. */
FALLOW_OPERATION(use, FALLOW_EMPTY, FALLOW_OVER)
{
	if (slot->number == 0) {
#ifdef WRONG
		static_branch_enable(&is_ready);
#endif
		WRITE_ONCE(value, 1);
		static_branch_enable(&is_ready);
		static_branch_disable(&is_enabled);
	} else if (static_branch_unlikely(&is_ready) &&
		   static_branch_likely(&is_enabled)) {
		BUG_ON(!READ_ONCE(value));
	}
	return true;
}
