/* Completions and wait queues. */
#ifndef FALLOW_KERNEL_WAIT_H
#define FALLOW_KERNEL_WAIT_H

struct completion { unsigned int done; };
#define COMPLETION_INITIALIZER(name) { 0 }
#define DECLARE_COMPLETION(name) struct completion name = { 0 }
#define DECLARE_COMPLETION_ONSTACK(name) struct completion name = { 0 }
#define init_completion(c) ((void)((c)->done = 0))
#define reinit_completion(c) ((void)((c)->done = 0))
#define complete(c) ((void)__atomic_fetch_add(&(c)->done, 1, __ATOMIC_SEQ_CST))
/* So many that none is left without. */
#define complete_all(c) WRITE_ONCE((c)->done, 1U << 30)
#define wait_for_completion(c) fallow_wait(&(c)->done)
static inline bool completion_done(struct completion *c)
{
  return READ_ONCE(c->done) != 0;
}
static inline bool try_wait_for_completion(struct completion *c)
{
  unsigned int done = READ_ONCE(c->done);
  do {
    if (!done) return false;
  } while (!try_cmpxchg(&c->done, &done, done - 1));
  return true;
}
/* Time may run out at once, whatever it is. */
static inline unsigned long wait_for_completion_timeout(
    struct completion *c, unsigned long timeout)
{
  if (!fallow_choose(2)) return 0;
  wait_for_completion(c);
  return timeout;
}

/* A wait looks at the condition again and again: a wake-up that comes
 * before the condition holds, or that is forgotten, is not noticed. */
typedef struct { int unused; } wait_queue_head_t;
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define init_waitqueue_head(queue) ((void)(queue))
#define wake_up(queue) ((void)(queue))
#define wake_up_all(queue) ((void)(queue))
#define wake_up_interruptible(queue) ((void)(queue))
#define wait_event(queue, condition) \
  do { \
    fallow_may_sleep(); \
    while (!(condition)) cpu_relax(); \
  } while (0)
/* Time may run out at once, whatever it is; then the condition may hold all
 * the same. */
#define wait_event_timeout(queue, condition, timeout) \
  ({ fallow_may_sleep(); \
     long left_ = 0; \
     if (fallow_choose(2)) { \
       wait_event(queue, condition); \
       left_ = (timeout); \
     } else if (condition) { \
       left_ = 1; \
     } \
     left_; })
#define wait_event_killable wait_event_interruptible
#define wait_event_interruptible(queue, condition) \
  ({ wait_event(queue, condition); 0; })

#define wait_for_completion_interruptible(c) (wait_for_completion(c), 0)
#define wait_for_completion_killable(c) (wait_for_completion(c), 0)
#define wait_event_idle(queue, condition) wait_event(queue, condition)
/* Waits without a queue of one's own. */
#define wait_var_event(variable, condition) wait_event(variable, condition)
#define wake_up_var(variable) ((void)(variable))
#define wait_on_bit(word, bit, mode) \
  ({ wait_event(word, !test_bit(bit, word)); 0; })
#define wake_up_bit(word, bit) ((void)(word), (void)(bit))

/* A semaphore is the number of those that may still come. */
struct semaphore { unsigned int count; };
#define __SEMAPHORE_INITIALIZER(name, n) { n }
#define DEFINE_SEMAPHORE(name, n) struct semaphore name = { n }
#define sema_init(s, n) ((void)((s)->count = (n)))
#define down(s) fallow_wait(&(s)->count)
#define down_interruptible(s) (down(s), 0)
#define up(s) ((void)__atomic_fetch_add(&(s)->count, 1, __ATOMIC_SEQ_CST))
/* As the kernel's: 0 if it could be taken. */
static inline int down_trylock(struct semaphore *s)
{
  unsigned int count = READ_ONCE(s->count);
  do {
    if (!count) return 1;
  } while (!try_cmpxchg(&s->count, &count, count - 1));
  return 0;
}

/* Time passes between any two steps. */
#define msleep(milliseconds) ((void)(milliseconds), fallow_may_sleep())
#define usleep_range(least, most) \
  ((void)(least), (void)(most), fallow_may_sleep())
#define udelay(microseconds) ((void)(microseconds))
#define ndelay(nanoseconds) ((void)(nanoseconds))
#define schedule() fallow_may_sleep()
#define schedule_timeout_uninterruptible(ticks) \
  ((void)(ticks), fallow_may_sleep())

#endif
