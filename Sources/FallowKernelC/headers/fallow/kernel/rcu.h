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

#endif
