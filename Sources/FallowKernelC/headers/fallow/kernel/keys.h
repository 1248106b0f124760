/* Static keys: branches that are switched while the kernel runs. A switch is
 * one store that all see; how the kernel patches its text is not modelled. */
#ifndef FALLOW_KERNEL_KEYS_H
#define FALLOW_KERNEL_KEYS_H

struct static_key { int enabled; };
struct static_key_true { struct static_key key; };
struct static_key_false { struct static_key key; };
#define DEFINE_STATIC_KEY_TRUE(name) struct static_key_true name = { { 1 } }
#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name = { { 0 } }
#define DECLARE_STATIC_KEY_TRUE(name) extern struct static_key_true name
#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name
#define static_key_enabled(k) (READ_ONCE((k)->key.enabled) != 0)
#define static_branch_likely(k) static_key_enabled(k)
#define static_branch_unlikely(k) static_key_enabled(k)
#define static_branch_enable(k) WRITE_ONCE((k)->key.enabled, 1)
#define static_branch_disable(k) WRITE_ONCE((k)->key.enabled, 0)

#endif
