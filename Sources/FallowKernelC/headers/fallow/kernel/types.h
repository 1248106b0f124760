/* Types, attributes and assertions. */
#ifndef FALLOW_KERNEL_TYPES_H
#define FALLOW_KERNEL_TYPES_H

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint64_t phys_addr_t;
typedef uint64_t dma_addr_t;
typedef unsigned int gfp_t;
typedef long ssize_t;
typedef unsigned long pgoff_t;

#define __force
#define __user
#define __kernel
#define __iomem
#define __rcu
#define __percpu
#define __init
#define __exit
#define __read_mostly
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define __must_check __attribute__((warn_unused_result))
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __always_inline inline
#define __aligned(bytes) __attribute__((aligned(bytes)))
#define __packed __attribute__((packed))
#define __cacheline_aligned
#define ____cacheline_aligned_in_smp
#define noinline __attribute__((noinline))
#define fallthrough __attribute__((fallthrough))
#define EXPORT_SYMBOL(name) _Static_assert(1, "")
#define EXPORT_SYMBOL_GPL(name) _Static_assert(1, "")
#define MODULE_LICENSE(text) _Static_assert(1, "")

#define likely(x) (x)
#define unlikely(x) (x)
#define container_of(pointer, type, member) \
  ((type *)((char *)(pointer) - offsetof(type, member)))

/* A failed assertion ends the search; a warning is one. */
#define BUG_ON(condition) fallow_assert(!(condition))
#define BUG() fallow_assert(0)
#define WARN_ON(condition) \
  ({ int is_met_ = !!(condition); fallow_assert(!is_met_); is_met_; })
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN(condition, ...) WARN_ON(condition)
#define WARN_ONCE(condition, ...) WARN_ON(condition)
#define VM_BUG_ON(condition) BUG_ON(condition)
#define VM_WARN_ON(condition) WARN_ON(condition)
#define VM_WARN_ON_ONCE(condition) WARN_ON(condition)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)

#define VM_WARN_ON_FOLIO(condition, folio) WARN_ON(condition)
#define VM_BUG_ON_PAGE(condition, page) BUG_ON(condition)
#define panic(...) BUG()

/* Whether a configuration has an option: one that a program defines as 1. */
#define FALLOW_ARGUMENT_OF_1 0,
#define FALLOW_SECOND_(first, second, ...) second
#define FALLOW_IS_DEFINED_(argument) FALLOW_SECOND_(argument 1, 0, 0)
#define FALLOW_IS_OPTION_(value) FALLOW_IS_DEFINED_(FALLOW_ARGUMENT_OF_##value)
#define IS_ENABLED(option) FALLOW_IS_OPTION_(option)

/* Messages say nothing to the search. */
#define printk(...) ((void)0)
#define pr_err(...) ((void)0)
#define pr_warn(...) ((void)0)
#define pr_info(...) ((void)0)
#define pr_debug(...) ((void)0)
#define pr_err_once(...) ((void)0)
#define pr_warn_once(...) ((void)0)
#define pr_err_ratelimited(...) ((void)0)
#define pr_warn_ratelimited(...) ((void)0)
#define dev_err(...) ((void)0)
#define dev_warn(...) ((void)0)
#define dev_info(...) ((void)0)
#define dev_dbg(...) ((void)0)
#define dump_stack() ((void)0)

#endif
