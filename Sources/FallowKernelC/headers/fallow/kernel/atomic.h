/* Atomic numbers and reference counts. */
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
  { return name##_add_unless(a, 1, 0); }

FALLOW_ATOMIC_(atomic, atomic_t, int)
FALLOW_ATOMIC_(atomic_long, atomic_long_t, long)
FALLOW_ATOMIC_(atomic64, atomic64_t, s64)

/* A count that reaches 0, or is taken from 0, by mistake is a violation; the
 * kernel's saturates. */
typedef struct { atomic_t refs; } refcount_t;
#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }
static inline void refcount_set(refcount_t *r, int n) { atomic_set(&r->refs, n); }
static inline int refcount_read(const refcount_t *r)
{
  return atomic_read(&r->refs);
}
static inline void refcount_inc(refcount_t *r)
{
  fallow_assert(atomic_fetch_add(1, &r->refs) > 0);
}
static inline bool refcount_inc_not_zero(refcount_t *r)
{
  return atomic_inc_not_zero(&r->refs);
}
static inline bool refcount_dec_and_test(refcount_t *r)
{
  int old = atomic_fetch_add(-1, &r->refs);
  fallow_assert(old > 0);
  return old == 1;
}
static inline void refcount_dec(refcount_t *r)
{
  fallow_assert(atomic_fetch_add(-1, &r->refs) > 1);
}

struct kref { refcount_t refcount; };
static inline void kref_init(struct kref *k) { refcount_set(&k->refcount, 1); }
static inline void kref_get(struct kref *k) { refcount_inc(&k->refcount); }
static inline int kref_put(struct kref *k, void (*release)(struct kref *))
{
  if (!refcount_dec_and_test(&k->refcount)) return 0;
  release(k);
  return 1;
}

#endif
