/* Accesses and barriers.
 *
 * Memory is sequentially consistent, or each CPU has a store buffer (x86-TSO):
 * then a store may be seen late, and nothing else is reordered. So barriers
 * between loads, and between stores, do nothing but bind the compiler. */
#ifndef FALLOW_KERNEL_ACCESS_H
#define FALLOW_KERNEL_ACCESS_H

#define barrier() __asm__ volatile("" ::: "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) \
  do { *(volatile __typeof__(x) *)&(x) = (value); } while (0)
#define data_race(x) (x)

#define smp_mb() fallow_smp_mb()
#define mb() fallow_smp_mb()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define rmb() barrier()
#define wmb() barrier()
#define dma_rmb() barrier()
#define dma_wmb() barrier()
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_mb__after_spinlock() barrier()
#define smp_load_acquire(pointer) __atomic_load_n(pointer, __ATOMIC_ACQUIRE)
#define smp_store_release(pointer, value) \
  __atomic_store_n(pointer, value, __ATOMIC_RELEASE)
#define smp_store_mb(x, value) ((void)xchg(&(x), value))
#define cpu_relax() barrier()
/* Waits until a condition on VAL, what the pointer leads to, holds. */
#define smp_cond_load_acquire(pointer, condition) \
  ({ __typeof__(*(pointer)) VAL; \
     while (VAL = smp_load_acquire(pointer), !(condition)) cpu_relax(); \
     VAL; })
#define smp_cond_load_relaxed smp_cond_load_acquire
#define READ_ONCE_NOCHECK READ_ONCE
#define barrier_nospec() barrier()

#define xchg(pointer, value) \
  __atomic_exchange_n(pointer, value, __ATOMIC_SEQ_CST)
#define xchg_relaxed xchg
#define xchg_acquire xchg
#define xchg_release xchg
#define cmpxchg(pointer, old, new) \
  ({ __typeof__(*(pointer)) expected_ = (old); \
     __atomic_compare_exchange_n( \
         pointer, &expected_, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
     expected_; })
#define cmpxchg_relaxed cmpxchg
#define cmpxchg_acquire cmpxchg
#define cmpxchg_release cmpxchg
#define cmpxchg64 cmpxchg
#define try_cmpxchg(pointer, old, new) \
  __atomic_compare_exchange_n( \
      pointer, old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define try_cmpxchg_release try_cmpxchg
#define try_cmpxchg_acquire try_cmpxchg

/* Single bits of words. */
static inline bool test_bit(long bit, const volatile unsigned long *word)
{
  return __atomic_load_n(word, __ATOMIC_RELAXED) >> bit & 1;
}
static inline void set_bit(long bit, volatile unsigned long *word)
{
  __atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST);
}
static inline void clear_bit(long bit, volatile unsigned long *word)
{
  __atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST);
}
static inline bool test_and_set_bit(long bit, volatile unsigned long *word)
{
  return __atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}
static inline bool test_and_clear_bit(long bit, volatile unsigned long *word)
{
  return __atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}
#define test_and_set_bit_lock test_and_set_bit
#define clear_bit_unlock clear_bit
#define __set_bit(bit, word) ((void)(*(word) |= 1UL << (bit)))
#define __clear_bit(bit, word) ((void)(*(word) &= ~(1UL << (bit))))

#endif
