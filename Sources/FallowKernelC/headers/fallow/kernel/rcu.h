/* Read-copy-update. Callbacks run on an actor of their own that must not
 * sleep. */
#ifndef FALLOW_KERNEL_RCU_H
#define FALLOW_KERNEL_RCU_H

struct callback_head {
  struct callback_head *next;
  void (*func)(struct callback_head *);
};
#define rcu_head callback_head
typedef void (*rcu_callback_t)(struct rcu_head *);

#define rcu_read_lock() fallow_rcu_enter()
#define rcu_read_unlock() fallow_rcu_leave()
#define rcu_read_lock_sched() fallow_rcu_enter()
#define rcu_read_unlock_sched() fallow_rcu_leave()
#define rcu_read_lock_bh() fallow_rcu_enter()
#define rcu_read_unlock_bh() fallow_rcu_leave()
#define synchronize_rcu() fallow_synchronize_rcu()
#define synchronize_rcu_expedited() fallow_synchronize_rcu()
#define synchronize_net() fallow_synchronize_rcu()
#define call_rcu(head, function) fallow_call_rcu(head, (void *)(function))
#define rcu_barrier() fallow_rcu_barrier()
#define rcu_dereference(pointer) READ_ONCE(pointer)
#define rcu_dereference_raw(pointer) READ_ONCE(pointer)
#define rcu_dereference_protected(pointer, condition) (pointer)
#define rcu_access_pointer(pointer) READ_ONCE(pointer)
#define rcu_assign_pointer(pointer, value) smp_store_release(&(pointer), value)
#define RCU_INIT_POINTER(pointer, value) WRITE_ONCE(pointer, value)
#define rcu_replace_pointer(pointer, value, condition) \
  ({ __typeof__(pointer) old_ = (pointer); \
     rcu_assign_pointer(pointer, value); \
     old_; })

#define kvfree_rcu kfree_rcu

/* Readers that may sleep, counted by the phase that they began in. */
struct srcu_struct {
  spinlock_t lock;
  struct mutex update;
  int phase;
  int readers[2];
};
#define DEFINE_SRCU(name) struct srcu_struct name
#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name
#define init_srcu_struct(s) (__builtin_memset(s, 0, sizeof(*(s))), 0)
#define cleanup_srcu_struct(s) ((void)(s))
static inline int srcu_read_lock(struct srcu_struct *s)
{
  int phase;

  spin_lock(&s->lock);
  phase = s->phase;
  s->readers[phase]++;
  spin_unlock(&s->lock);
  return phase;
}
static inline void srcu_read_unlock(struct srcu_struct *s, int phase)
{
  spin_lock(&s->lock);
  fallow_assert(s->readers[phase]-- > 0);
  spin_unlock(&s->lock);
}
#define srcu_dereference(pointer, s) READ_ONCE(pointer)
/* Waits for the readers of the phase that it ends. */
static inline void synchronize_srcu(struct srcu_struct *s)
{
  int phase;

  fallow_may_sleep();
  mutex_lock(&s->update);
  spin_lock(&s->lock);
  phase = s->phase;
  s->phase = !phase;
  spin_unlock(&s->lock);
  while (READ_ONCE(s->readers[phase])) cpu_relax();
  mutex_unlock(&s->update);
}
#define synchronize_srcu_expedited(s) synchronize_srcu(s)

#endif
