/* Interrupts, CPUs, and what a CPU has to itself. */
#ifndef FALLOW_KERNEL_INTERRUPTS_H
#define FALLOW_KERNEL_INTERRUPTS_H

#define local_irq_disable() fallow_irq_off()
#define local_irq_enable() fallow_irq_on()
#define local_irq_save(flags) ((void)((flags) = 0), fallow_irq_off())
#define local_irq_restore(flags) ((void)(flags), fallow_irq_on())
#define irqs_disabled() fallow_irqs_disabled()
/* An operation is not migrated, but a grace period waits. */
#define preempt_disable() fallow_rcu_enter()
#define preempt_enable() fallow_rcu_leave()
#define local_bh_disable() fallow_rcu_enter()
#define local_bh_enable() fallow_rcu_leave()
#define might_sleep() fallow_may_sleep()
#define might_sleep_if(condition) \
  do { if (condition) fallow_may_sleep(); } while (0)
/* CPUs neither come nor go. */
#define cpus_read_lock() fallow_may_sleep()
#define cpus_read_unlock() ((void)0)
#define cond_resched() fallow_may_sleep()

#define smp_processor_id() fallow_cpu()
#define raw_smp_processor_id() fallow_cpu()
#define get_cpu() (preempt_disable(), fallow_cpu())
#define put_cpu() preempt_enable()

/* Every other CPU takes an interrupt in which it runs `function`: the caller
 * waits until each has had interrupts on. What the function does there is not
 * modelled, so the search ends if it does anything. */
static inline void smp_call_function(
    void (*function)(void *), void *argument, int wait)
{
  (void)wait;
  fallow_interrupt_cpus();
  if (!function) return;
  fallow_elsewhere(true);
  function(argument);
  fallow_elsewhere(false);
}
/* The same, and this CPU runs the function too. */
static inline void on_each_cpu(
    void (*function)(void *), void *argument, int wait)
{
  smp_call_function(function, argument, wait);
  fallow_irq_off();
  function(argument);
  fallow_irq_on();
}

/* A lock in a bit of a word, which must be given back by its holder. */
static inline void bit_spin_lock(int bit, unsigned long *word)
{
  preempt_disable();
  while (test_and_set_bit(bit, word)) cpu_relax();
}
static inline int bit_spin_trylock(int bit, unsigned long *word)
{
  preempt_disable();
  if (!test_and_set_bit(bit, word)) return 1;
  preempt_enable();
  return 0;
}
static inline void bit_spin_unlock(int bit, unsigned long *word)
{
  clear_bit(bit, word);
  preempt_enable();
}

/* The most CPUs that a program can have, with the worker's and that of
 * callbacks. */
enum { NR_CPUS = 6 };
#define nr_cpu_ids ((unsigned int)fallow_cpus())
#define num_possible_cpus() nr_cpu_ids
#define num_online_cpus() nr_cpu_ids
#define for_each_possible_cpu(cpu) \
  for ((cpu) = 0; (cpu) < fallow_cpus(); (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)
#define DEFINE_PER_CPU(type, name) __typeof__(type) name[NR_CPUS]
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name[NR_CPUS]
#define per_cpu(name, cpu) ((name)[cpu])
#define per_cpu_ptr(pointer, cpu) (&(*(pointer))[cpu])
#define this_cpu_ptr(pointer) (&(*(pointer))[fallow_cpu()])
#define raw_cpu_ptr this_cpu_ptr
#define this_cpu_read(name) READ_ONCE((name)[fallow_cpu()])
#define this_cpu_write(name, value) WRITE_ONCE((name)[fallow_cpu()], value)
#define this_cpu_add(name, n) \
  ((void)__atomic_fetch_add(&(name)[fallow_cpu()], n, __ATOMIC_SEQ_CST))
#define this_cpu_xchg(name, value) xchg(&(name)[fallow_cpu()], value)
#define this_cpu_cmpxchg(name, old, new) \
  cmpxchg(&(name)[fallow_cpu()], old, new)
#define get_cpu_ptr(pointer) \
  ({ preempt_disable(); this_cpu_ptr(pointer); })
#define put_cpu_ptr(pointer) preempt_enable()
#define this_cpu_inc(name) this_cpu_add(name, 1)
#define this_cpu_dec(name) this_cpu_add(name, -1)
#define this_cpu_add_return(name, n) \
  __atomic_add_fetch(&(name)[fallow_cpu()], n, __ATOMIC_SEQ_CST)
#define this_cpu_sub_return(name, n) this_cpu_add_return(name, -(n))
#define this_cpu_inc_return(name) this_cpu_add_return(name, 1)
#define this_cpu_dec_return(name) this_cpu_add_return(name, -1)
/* The same where the caller keeps others away: no access is atomic. */
#define __this_cpu_read(name) ((name)[fallow_cpu()])
#define __this_cpu_write(name, value) ((void)((name)[fallow_cpu()] = (value)))
#define __this_cpu_add(name, n) ((void)((name)[fallow_cpu()] += (n)))
#define __this_cpu_inc(name) __this_cpu_add(name, 1)
#define __this_cpu_dec(name) __this_cpu_add(name, -1)
#define raw_cpu_read __this_cpu_read
#define raw_cpu_write __this_cpu_write
#define get_cpu_var(name) (*({ preempt_disable(); &(name)[fallow_cpu()]; }))
#define put_cpu_var(name) preempt_enable()

#endif
