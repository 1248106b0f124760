/* Arithmetic on numbers and addresses. */
#ifndef FALLOW_KERNEL_NUMBERS_H
#define FALLOW_KERNEL_NUMBERS_H

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(high, low) (~0UL << (low) & ~0UL >> (63 - (high)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
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
#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))

#endif
