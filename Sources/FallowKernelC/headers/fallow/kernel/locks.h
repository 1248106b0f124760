/* Locks. A lock is a word of the program's memory: its holder, counted from 1.
 * Any number of them is distinguished. */
#ifndef FALLOW_KERNEL_LOCKS_H
#define FALLOW_KERNEL_LOCKS_H

typedef struct { unsigned int holder; } spinlock_t;
typedef spinlock_t raw_spinlock_t;
#define __SPIN_LOCK_UNLOCKED(name) { 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = { 0 }
#define DEFINE_RAW_SPINLOCK DEFINE_SPINLOCK
#define spin_lock_init(lock) ((void)((lock)->holder = 0))
#define spin_lock(lock) fallow_lock(lock)
#define spin_unlock(lock) fallow_unlock(lock)
#define spin_trylock(lock) fallow_trylock(lock)
#define spin_is_locked(lock) (READ_ONCE((lock)->holder) != 0)
#define spin_lock_nested(lock, subclass) fallow_lock(lock)
#define spin_lock_irq(lock) (fallow_irq_off(), fallow_lock(lock))
#define spin_unlock_irq(lock) (fallow_unlock(lock), fallow_irq_on())
#define spin_lock_irqsave(lock, flags) \
  ((void)((flags) = 0), fallow_irq_off(), fallow_lock(lock))
#define spin_unlock_irqrestore(lock, flags) \
  ((void)(flags), fallow_unlock(lock), fallow_irq_on())
/* Callbacks come to a CPU of their own: one that holds a lock is waited for. */
#define spin_lock_bh(lock) fallow_lock(lock)
#define spin_unlock_bh(lock) fallow_unlock(lock)
#define raw_spin_lock spin_lock
#define raw_spin_unlock spin_unlock
#define raw_spin_lock_irq spin_lock_irq
#define raw_spin_unlock_irq spin_unlock_irq
#define raw_spin_lock_irqsave spin_lock_irqsave
#define raw_spin_unlock_irqrestore spin_unlock_irqrestore
#define raw_spin_trylock spin_trylock
#define spin_trylock_bh spin_trylock
#define spin_lock_irqsave_nested(lock, flags, subclass) \
  spin_lock_irqsave(lock, flags)
static inline int fallow_trylock_irq_(spinlock_t *lock)
{
  fallow_irq_off();
  if (fallow_trylock(lock)) return 1;
  fallow_irq_on();
  return 0;
}
#define spin_trylock_irq(lock) fallow_trylock_irq_(lock)
#define spin_trylock_irqsave(lock, flags) \
  ((flags) = 0, fallow_trylock_irq_(lock))
#define assert_spin_locked(lock) \
  fallow_assert(READ_ONCE((lock)->holder) != 0)
#define lockdep_assert_held(lock) \
  fallow_assert(READ_ONCE((lock)->holder) != 0)

struct mutex { unsigned int holder; };
#define __MUTEX_INITIALIZER(name) { 0 }
#define DEFINE_MUTEX(name) struct mutex name = { 0 }
#define mutex_init(lock) ((void)((lock)->holder = 0))
#define mutex_lock(lock) fallow_mutex_lock(lock)
#define mutex_unlock(lock) fallow_mutex_unlock(lock)
#define mutex_trylock(lock) fallow_mutex_trylock(lock)
/* No signal comes. */
static inline int fallow_mutex_lock_(struct mutex *lock)
{
  fallow_mutex_lock(lock);
  return 0;
}
#define mutex_lock_interruptible(lock) fallow_mutex_lock_(lock)
#define mutex_lock_killable(lock) fallow_mutex_lock_(lock)
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)
#define mutex_is_locked(lock) (READ_ONCE((lock)->holder) != 0)

/* Readers are counted under a lock; a writer waits until there are none. The
 * first to come gets it first: none is passed on purpose. */
struct rw_semaphore { struct mutex writer; atomic_t readers; };
#define __RWSEM_INITIALIZER(name) { { 0 }, ATOMIC_INIT(0) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)
#define init_rwsem(s) \
  (mutex_init(&(s)->writer), atomic_set(&(s)->readers, 0))
static inline void down_read(struct rw_semaphore *s)
{
  mutex_lock(&s->writer);
  atomic_inc(&s->readers);
  mutex_unlock(&s->writer);
}
static inline void up_read(struct rw_semaphore *s)
{
  fallow_assert(atomic_fetch_add(-1, &s->readers) > 0);
}
static inline void down_write(struct rw_semaphore *s)
{
  mutex_lock(&s->writer);
  while (atomic_read(&s->readers)) cpu_relax();
}
static inline int down_read_trylock(struct rw_semaphore *s)
{
  if (!mutex_trylock(&s->writer)) return 0;
  atomic_inc(&s->readers);
  mutex_unlock(&s->writer);
  return 1;
}
static inline int down_write_trylock(struct rw_semaphore *s)
{
  if (!mutex_trylock(&s->writer)) return 0;
  if (!atomic_read(&s->readers)) return 1;
  mutex_unlock(&s->writer);
  return 0;
}
static inline void up_write(struct rw_semaphore *s) { mutex_unlock(&s->writer); }
static inline void downgrade_write(struct rw_semaphore *s)
{
  atomic_inc(&s->readers);
  mutex_unlock(&s->writer);
}

#define down_write_nested(s, subclass) down_write(s)
#define down_read_nested(s, subclass) down_read(s)
static inline int rwsem_is_locked(struct rw_semaphore *s)
{
  return mutex_is_locked(&s->writer) || atomic_read(&s->readers);
}

/* One of each CPU is one here. */
struct percpu_rw_semaphore { struct rw_semaphore rw; };
#define DEFINE_STATIC_PERCPU_RWSEM(name) static struct percpu_rw_semaphore name
#define percpu_init_rwsem(s) (init_rwsem(&(s)->rw), 0)
#define percpu_free_rwsem(s) ((void)(s))
#define percpu_down_read(s) down_read(&(s)->rw)
#define percpu_up_read(s) up_read(&(s)->rw)
#define percpu_down_write(s) down_write(&(s)->rw)
#define percpu_up_write(s) up_write(&(s)->rw)
#define lockdep_assert_held_write(lock) lockdep_assert(rwsem_is_locked(lock))
#define lockdep_assert(condition) fallow_assert(condition)

typedef struct { atomic_t readers; spinlock_t writer; } rwlock_t;
#define DEFINE_RWLOCK(name) rwlock_t name = { ATOMIC_INIT(0), { 0 } }
static inline void read_lock(rwlock_t *l)
{
  fallow_lock(&l->writer);
  atomic_inc(&l->readers);
  fallow_unlock(&l->writer);
  /* Preemption is off: a grace period waits. */
  fallow_rcu_enter();
}
static inline void read_unlock(rwlock_t *l)
{
  fallow_rcu_leave();
  fallow_assert(atomic_fetch_add(-1, &l->readers) > 0);
}
static inline void write_lock(rwlock_t *l)
{
  fallow_lock(&l->writer);
  while (atomic_read(&l->readers)) cpu_relax();
}
static inline void write_unlock(rwlock_t *l) { fallow_unlock(&l->writer); }
static inline int read_trylock(rwlock_t *l)
{
  if (!fallow_trylock(&l->writer)) return 0;
  atomic_inc(&l->readers);
  fallow_unlock(&l->writer);
  fallow_rcu_enter();
  return 1;
}
static inline int write_trylock(rwlock_t *l)
{
  if (!fallow_trylock(&l->writer)) return 0;
  if (!atomic_read(&l->readers)) return 1;
  fallow_unlock(&l->writer);
  return 0;
}
#define rwlock_init(l) \
  (atomic_set(&(l)->readers, 0), spin_lock_init(&(l)->writer))
#define read_lock_bh read_lock
#define read_unlock_bh read_unlock
#define write_lock_bh write_lock
#define write_unlock_bh write_unlock
#define read_lock_irq(l) (fallow_irq_off(), read_lock(l))
#define read_unlock_irq(l) (read_unlock(l), fallow_irq_on())
#define write_lock_irq(l) (fallow_irq_off(), write_lock(l))
#define write_unlock_irq(l) (write_unlock(l), fallow_irq_on())
#define read_lock_irqsave(l, flags) ((void)((flags) = 0), read_lock_irq(l))
#define read_unlock_irqrestore(l, flags) ((void)(flags), read_unlock_irq(l))
#define write_lock_irqsave(l, flags) ((void)((flags) = 0), write_lock_irq(l))
#define write_unlock_irqrestore(l, flags) ((void)(flags), write_unlock_irq(l))

/* Sequence counts and locks.
 *
 * A number that grows for ever has no end of states. What readers learn of it
 * is whether a write is under way, and whether one was since they began: bit 0,
 * and a bit for each actor. One that begins to read again while it reads has
 * begun anew. */
typedef struct { unsigned int sequence; } seqcount_t;
#define SEQCNT_ZERO(name) { 0 }
#define seqcount_init(s) ((void)((s)->sequence = 0))
static inline unsigned int raw_read_seqcount(const seqcount_t *s)
{
  unsigned int own = 2u << fallow_actor();
  unsigned int start =
      __atomic_fetch_and((unsigned int *)&s->sequence, ~own, __ATOMIC_ACQUIRE);
  smp_rmb();
  return start & 1;
}
static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
  while (raw_read_seqcount(s)) cpu_relax();
  return 0;
}
static inline int read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
  smp_rmb();
  unsigned int own = 2u << fallow_actor();
  return (READ_ONCE(s->sequence) & (own | 1)) != start;
}
static inline void write_seqcount_begin(seqcount_t *s)
{
  WRITE_ONCE(s->sequence, (s->sequence ^ 1) | ~1u);
  smp_wmb();
}
static inline void write_seqcount_end(seqcount_t *s)
{
  smp_wmb();
  WRITE_ONCE(s->sequence, (s->sequence ^ 1) | ~1u);
}
#define raw_seqcount_begin(s) (raw_read_seqcount(s) & ~1u)
/* The writers' lock is not looked at. */
typedef seqcount_t seqcount_spinlock_t, seqcount_mutex_t, seqcount_rwlock_t;
#define SEQCNT_SPINLOCK_ZERO(name, lock) { 0 }
#define SEQCNT_MUTEX_ZERO(name, lock) { 0 }
#define seqcount_spinlock_init(s, lock) ((void)(lock), seqcount_init(s))
#define seqcount_mutex_init(s, lock) ((void)(lock), seqcount_init(s))
#define raw_write_seqcount_begin write_seqcount_begin
#define raw_write_seqcount_end write_seqcount_end

typedef struct { seqcount_t seqcount; spinlock_t lock; } seqlock_t;
#define DEFINE_SEQLOCK(name) seqlock_t name = { { 0 }, { 0 } }
#define seqlock_init(l) \
  (seqcount_init(&(l)->seqcount), spin_lock_init(&(l)->lock))
#define read_seqbegin(l) read_seqcount_begin(&(l)->seqcount)
#define read_seqretry(l, start) read_seqcount_retry(&(l)->seqcount, start)
static inline void write_seqlock(seqlock_t *l)
{
  fallow_lock(&l->lock);
  write_seqcount_begin(&l->seqcount);
}
static inline void write_sequnlock(seqlock_t *l)
{
  write_seqcount_end(&l->seqcount);
  fallow_unlock(&l->lock);
}

#endif
