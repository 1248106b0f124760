/* Atomic numbers. */
#ifndef FALLOW_KERNEL_ATOMIC_H
#define FALLOW_KERNEL_ATOMIC_H

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { s64 counter; } atomic64_t;
#define ATOMIC_INIT(n) { n }
#define ATOMIC_LONG_INIT(n) { n }
#define ATOMIC64_INIT(n) { n }

#define FALLOW_ATOMIC_(name, type, number) \
  static inline number name##_read(const type *a) \
  { return READ_ONCE(a->counter); } \
  static inline void name##_set(type *a, number n) \
  { WRITE_ONCE(a->counter, n); } \
  static inline number name##_fetch_add(number n, type *a) \
  { return __atomic_fetch_add(&a->counter, n, __ATOMIC_SEQ_CST); } \
  static inline number name##_add_return(number n, type *a) \
  { return name##_fetch_add(n, a) + n; } \
  static inline void name##_add(number n, type *a) { name##_fetch_add(n, a); } \
  static inline void name##_sub(number n, type *a) { name##_fetch_add(-n, a); } \
  static inline void name##_inc(type *a) { name##_fetch_add(1, a); } \
  static inline void name##_dec(type *a) { name##_fetch_add(-1, a); } \
  static inline number name##_inc_return(type *a) \
  { return name##_add_return(1, a); } \
  static inline number name##_dec_return(type *a) \
  { return name##_add_return(-1, a); } \
  static inline bool name##_dec_and_test(type *a) \
  { return name##_dec_return(a) == 0; } \
  static inline bool name##_inc_and_test(type *a) \
  { return name##_inc_return(a) == 0; } \
  static inline number name##_xchg(type *a, number n) \
  { return xchg(&a->counter, n); } \
  static inline number name##_cmpxchg(type *a, number old, number n) \
  { return cmpxchg(&a->counter, old, n); } \
  static inline bool name##_try_cmpxchg(type *a, number *old, number n) \
  { return try_cmpxchg(&a->counter, old, n); } \
  static inline bool name##_add_unless(type *a, number n, number unless) \
  { \
    number old = name##_read(a); \
    do { \
      if (old == unless) return false; \
    } while (!name##_try_cmpxchg(a, &old, old + n)); \
    return true; \
  } \
  static inline bool name##_inc_not_zero(type *a) \
  { return name##_add_unless(a, 1, 0); } \
  static inline number name##_dec_if_positive(type *a) \
  { \
    number old = name##_read(a); \
    do { \
      if (old <= 0) return old - 1; \
    } while (!name##_try_cmpxchg(a, &old, old - 1)); \
    return old - 1; \
  } \
  static inline number name##_fetch_sub(number n, type *a) \
  { return name##_fetch_add(-n, a); } \
  static inline number name##_fetch_inc(type *a) \
  { return name##_fetch_add(1, a); } \
  static inline number name##_fetch_dec(type *a) \
  { return name##_fetch_add(-1, a); } \
  static inline number name##_sub_return(number n, type *a) \
  { return name##_add_return(-n, a); } \
  static inline bool name##_sub_and_test(number n, type *a) \
  { return name##_sub_return(n, a) == 0; } \
  static inline bool name##_add_negative(number n, type *a) \
  { return name##_add_return(n, a) < 0; } \
  static inline number name##_fetch_or(number n, type *a) \
  { return __atomic_fetch_or(&a->counter, n, __ATOMIC_SEQ_CST); } \
  static inline number name##_fetch_and(number n, type *a) \
  { return __atomic_fetch_and(&a->counter, n, __ATOMIC_SEQ_CST); } \
  static inline number name##_fetch_xor(number n, type *a) \
  { return __atomic_fetch_xor(&a->counter, n, __ATOMIC_SEQ_CST); } \
  static inline number name##_fetch_andnot(number n, type *a) \
  { return name##_fetch_and(~n, a); } \
  static inline void name##_or(number n, type *a) { name##_fetch_or(n, a); } \
  static inline void name##_and(number n, type *a) { name##_fetch_and(n, a); } \
  static inline void name##_xor(number n, type *a) { name##_fetch_xor(n, a); } \
  static inline void name##_andnot(number n, type *a) \
  { name##_fetch_andnot(n, a); } \
  static inline number name##_read_acquire(const type *a) \
  { return smp_load_acquire(&a->counter); } \
  static inline void name##_set_release(type *a, number n) \
  { smp_store_release(&a->counter, n); } \
  FALLOW_ORDERED_2_(name, type, number, fetch_add) \
  FALLOW_ORDERED_2_(name, type, number, fetch_sub) \
  FALLOW_ORDERED_2_(name, type, number, fetch_or) \
  FALLOW_ORDERED_2_(name, type, number, fetch_and) \
  FALLOW_ORDERED_2_(name, type, number, add_return) \
  FALLOW_ORDERED_2_(name, type, number, sub_return) \
  FALLOW_ORDERED_1_(name, type, number, inc_return) \
  FALLOW_ORDERED_1_(name, type, number, dec_return) \
  FALLOW_ORDERED_1_(name, type, number, fetch_inc) \
  FALLOW_ORDERED_1_(name, type, number, fetch_dec) \
  FALLOW_ORDER_EXCHANGES_(name, type, number, acquire) \
  FALLOW_ORDER_EXCHANGES_(name, type, number, release) \
  FALLOW_ORDER_EXCHANGES_(name, type, number, relaxed)

/* Those of a weaker order: on the machine they are as the others. */
#define FALLOW_ORDER_2_(name, type, number, operation, order) \
  static inline number name##_##operation##_##order(number n, type *a) \
  { return name##_##operation(n, a); }
#define FALLOW_ORDERED_2_(name, type, number, operation) \
  FALLOW_ORDER_2_(name, type, number, operation, acquire) \
  FALLOW_ORDER_2_(name, type, number, operation, release) \
  FALLOW_ORDER_2_(name, type, number, operation, relaxed)
#define FALLOW_ORDER_1_(name, type, number, operation, order) \
  static inline number name##_##operation##_##order(type *a) \
  { return name##_##operation(a); }
#define FALLOW_ORDERED_1_(name, type, number, operation) \
  FALLOW_ORDER_1_(name, type, number, operation, acquire) \
  FALLOW_ORDER_1_(name, type, number, operation, release) \
  FALLOW_ORDER_1_(name, type, number, operation, relaxed)
#define FALLOW_ORDER_EXCHANGES_(name, type, number, order) \
  static inline number name##_xchg_##order(type *a, number n) \
  { return name##_xchg(a, n); } \
  static inline number name##_cmpxchg_##order(type *a, number old, number n) \
  { return name##_cmpxchg(a, old, n); } \
  static inline bool name##_try_cmpxchg_##order( \
      type *a, number *old, number n) \
  { return name##_try_cmpxchg(a, old, n); }

FALLOW_ATOMIC_(atomic, atomic_t, int)
FALLOW_ATOMIC_(atomic_long, atomic_long_t, long)
FALLOW_ATOMIC_(atomic64, atomic64_t, s64)

#endif
