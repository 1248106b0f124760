/* Counts of references.
 *
 * A count that reaches 0, or is taken from 0, by mistake is a violation; the
 * kernel's saturates. */
#ifndef FALLOW_KERNEL_REFCOUNT_H
#define FALLOW_KERNEL_REFCOUNT_H

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
static inline void refcount_add(int n, refcount_t *r)
{
  fallow_assert(atomic_fetch_add(n, &r->refs) > 0);
}
static inline bool refcount_sub_and_test(int n, refcount_t *r)
{
  int old = atomic_fetch_sub(n, &r->refs);
  fallow_assert(old >= n);
  return old == n;
}
static inline bool refcount_dec_not_one(refcount_t *r)
{
  int old = refcount_read(r);
  do {
    fallow_assert(old > 0);
    if (old == 1) return false;
  } while (!atomic_try_cmpxchg(&r->refs, &old, old - 1));
  return true;
}
/* Takes the lock if it was the last reference. */
static inline bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
  if (refcount_dec_not_one(r)) return false;
  spin_lock(lock);
  if (refcount_dec_and_test(r)) return true;
  spin_unlock(lock);
  return false;
}
static inline void refcount_dec(refcount_t *r)
{
  fallow_assert(atomic_fetch_add(-1, &r->refs) > 1);
}

static inline bool refcount_dec_and_mutex_lock(
    refcount_t *r, struct mutex *lock)
{
  if (refcount_dec_not_one(r)) return false;
  mutex_lock(lock);
  if (refcount_dec_and_test(r)) return true;
  mutex_unlock(lock);
  return false;
}

struct kref { refcount_t refcount; };
static inline void kref_init(struct kref *k) { refcount_set(&k->refcount, 1); }
static inline void kref_get(struct kref *k) { refcount_inc(&k->refcount); }
static inline int kref_get_unless_zero(struct kref *k)
{
  return refcount_inc_not_zero(&k->refcount);
}
#define kref_read(k) refcount_read(&(k)->refcount)
static inline int kref_put(struct kref *k, void (*release)(struct kref *))
{
  if (!refcount_dec_and_test(&k->refcount)) return 0;
  release(k);
  return 1;
}

/* References of each CPU, which are one count here. After it
 * was killed percpu_ref_tryget_live gives none. */
struct percpu_ref;
typedef void (percpu_ref_func_t)(struct percpu_ref *);
struct percpu_ref {
  atomic_long_t count;
  percpu_ref_func_t *release;
  int is_dead;
};
static inline int percpu_ref_init(
    struct percpu_ref *r, percpu_ref_func_t *release, unsigned int flags,
    gfp_t gfp)
{
  (void)flags, (void)gfp;
  atomic_long_set(&r->count, 1);
  r->release = release;
  r->is_dead = 0;
  return 0;
}
#define percpu_ref_exit(r) ((void)(r))
static inline void percpu_ref_get(struct percpu_ref *r)
{
  fallow_assert(atomic_long_fetch_add(1, &r->count) > 0);
}
static inline bool percpu_ref_tryget(struct percpu_ref *r)
{
  return atomic_long_inc_not_zero(&r->count);
}
static inline bool percpu_ref_tryget_live(struct percpu_ref *r)
{
  return !READ_ONCE(r->is_dead) && percpu_ref_tryget(r);
}
static inline void percpu_ref_put(struct percpu_ref *r)
{
  long left = atomic_long_dec_return(&r->count);
  fallow_assert(left >= 0);
  if (left == 0) r->release(r);
}
static inline void percpu_ref_kill(struct percpu_ref *r)
{
  fallow_assert(!xchg(&r->is_dead, 1));
  percpu_ref_put(r);
}
static inline bool percpu_ref_is_zero(struct percpu_ref *r)
{
  return atomic_long_read(&r->count) == 0;
}
#define percpu_ref_is_dying(r) (READ_ONCE((r)->is_dead) != 0)

#endif
