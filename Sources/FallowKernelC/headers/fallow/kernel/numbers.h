/* Arithmetic on numbers and addresses. */
#ifndef FALLOW_KERNEL_NUMBERS_H
#define FALLOW_KERNEL_NUMBERS_H

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(high, low) (~0UL << (low) & ~0UL >> (63 - (high)))
/* Each is read once. */
#define min(a, b) \
  ({ __typeof__(a) one_ = (a); \
     __typeof__(b) other_ = (b); \
     one_ < other_ ? one_ : other_; })
#define max(a, b) \
  ({ __typeof__(a) one_ = (a); \
     __typeof__(b) other_ = (b); \
     one_ > other_ ? one_ : other_; })
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(value, low, high) min(max(value, low), high)
#define swap(a, b) \
  do { __typeof__(a) held_ = (a); (a) = (b); (b) = held_; } while (0)

/* To multiples of a power of two. */
#define ALIGN_DOWN(x, size) ((x) & ~((__typeof__(x))(size) - 1))
#define ALIGN(x, size) ALIGN_DOWN((x) + ((size) - 1), size)
#define IS_ALIGNED(x, size) (((x) & ((__typeof__(x))(size) - 1)) == 0)
#define PTR_ALIGN(pointer, size) \
  ((__typeof__(pointer))ALIGN((unsigned long)(pointer), size))
#define round_up ALIGN
#define round_down ALIGN_DOWN
#define DIV_ROUND_UP(x, size) (((x) + (size) - 1) / (size))
#define roundup(x, size) (DIV_ROUND_UP(x, size) * (size))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))

/* The highest and the lowest bit that is set, counted from 1; 0 if none is. */
#define fls(x) ((x) ? 32 - __builtin_clz(x) : 0)
#define fls64(x) ((x) ? 64 - __builtin_clzll(x) : 0)
#define ffs(x) __builtin_ffs(x)
#define __ffs(x) ((unsigned long)__builtin_ctzl(x))
#define __fls(x) ((unsigned long)(63 - __builtin_clzl(x)))
#define ilog2(x) (63 - __builtin_clzll(x))

#define U8_MAX ((u8)~0U)
#define U16_MAX ((u16)~0U)
#define U32_MAX ((u32)~0U)
#define U64_MAX ((u64)~0ULL)
#define INT_MAX ((int)(~0U >> 1))
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (~0U)
#define LONG_MAX ((long)(~0UL >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0UL)
#define SZ_4K 0x1000UL
#define SZ_2M 0x200000UL

#endif
