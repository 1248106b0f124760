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
#define cond_resched() fallow_may_sleep()

#define smp_processor_id() fallow_cpu()
#define raw_smp_processor_id() fallow_cpu()
#define get_cpu() (preempt_disable(), fallow_cpu())
#define put_cpu() preempt_enable()

/* Every other CPU takes an interrupt in which it runs `function`. What it does
 * is not run: the caller waits until each has had interrupts on. */
static inline void smp_call_function(
    void (*function)(void *), void *argument, int wait)
{
  (void)function, (void)argument, (void)wait;
  fallow_interrupt_cpus();
}
#define on_each_cpu smp_call_function

/* The most CPUs that a program can have, with the worker's and that of
 * callbacks. */
enum { NR_CPUS = 6 };
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
#define this_cpu_inc(name) this_cpu_add(name, 1)
#define this_cpu_dec(name) this_cpu_add(name, -1)
#define get_cpu_var(name) (*({ preempt_disable(); &(name)[fallow_cpu()]; }))
#define put_cpu_var(name) preempt_enable()

#endif
