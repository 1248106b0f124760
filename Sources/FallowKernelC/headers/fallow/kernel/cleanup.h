/* What is given back where its scope ends. */
#ifndef FALLOW_KERNEL_CLEANUP_H
#define FALLOW_KERNEL_CLEANUP_H

#define __cleanup(function) __attribute__((cleanup(function)))
#define DEFINE_FREE(name, type, give_back) \
  static inline void __free_##name(void *pointer) \
  { \
    type _T = *(type *)pointer; \
    give_back; \
  }
#define __free(name) __cleanup(__free_##name)
#define no_free_ptr(pointer) \
  ({ __typeof__(pointer) kept_ = (pointer); (pointer) = NULL; kept_; })
#define return_ptr(pointer) return no_free_ptr(pointer)

#define DEFINE_GUARD(name, type, take, give_back) \
  typedef type fallow_guard_##name; \
  static inline fallow_guard_##name fallow_take_##name(type _T) \
  { \
    take; \
    return _T; \
  } \
  static inline void fallow_give_back_##name(fallow_guard_##name *taken) \
  { \
    type _T = *taken; \
    (void)_T; \
    give_back; \
  }
#define FALLOW_JOIN_(a, b) a##b
#define FALLOW_UNIQUE_(name, line) FALLOW_JOIN_(name, line)
#define fallow_guarded_(name) \
  fallow_guard_##name FALLOW_UNIQUE_(guard_, __LINE__) \
      __cleanup(fallow_give_back_##name) __attribute__((unused)) = \
          fallow_take_##name
#define guard(name) fallow_guarded_(name)
#define scoped_guard(name, ...) \
  for (fallow_guard_##name scope_ __cleanup(fallow_give_back_##name) = \
           fallow_take_##name(__VA_ARGS__), *once_ = &scope_; \
       once_; once_ = NULL)

DEFINE_FREE(kfree, void *, if (_T) kfree(_T))
DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock_irq, spinlock_t *, spin_lock_irq(_T),
             spin_unlock_irq(_T))
DEFINE_GUARD(spinlock_irqsave, spinlock_t *, spin_lock_irq(_T),
             spin_unlock_irq(_T))
DEFINE_GUARD(raw_spinlock, raw_spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))
DEFINE_GUARD(read_lock, rwlock_t *, read_lock(_T), read_unlock(_T))
DEFINE_GUARD(write_lock, rwlock_t *, write_lock(_T), write_unlock(_T))

/* Those of no object: `guard(rcu)()`. */
#define FALLOW_GUARD_OF_NONE_(name, take, give_back) \
  typedef int fallow_guard_##name; \
  static inline int fallow_take_##name(void) \
  { \
    take; \
    return 0; \
  } \
  static inline void fallow_give_back_##name(int *taken) \
  { \
    (void)taken; \
    give_back; \
  }
FALLOW_GUARD_OF_NONE_(rcu, rcu_read_lock(), rcu_read_unlock())
FALLOW_GUARD_OF_NONE_(preempt, preempt_disable(), preempt_enable())
FALLOW_GUARD_OF_NONE_(irq, local_irq_disable(), local_irq_enable())
FALLOW_GUARD_OF_NONE_(irqsave, local_irq_disable(), local_irq_enable())

#endif
