/* With WRONG: assertion. */
#include <linux/bug.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <fallow/check.h>

FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1, .interrupts = 1);

DECLARE_PER_CPU(long, count);
DEFINE_PER_CPU(long, count);
static int was_interrupted;

/* An interrupt counts too, once. */
FALLOW_INTERRUPT(tick)
{
	if (was_interrupted)
		return true;
	was_interrupted = 1;
	this_cpu_add(count, 16);
	return true;
}

FALLOW_OPERATION_ON(1, use, FALLOW_EMPTY, FALLOW_OVER)
{
	int cpu = get_cpu();
	long *own, old;

	BUG_ON(cpu != raw_smp_processor_id() || cpu >= num_possible_cpus());
	BUG_ON(num_online_cpus() != nr_cpu_ids);
	switch (fallow_choose(7)) {
	case 0:
		this_cpu_inc(count);
		this_cpu_dec(count);
		break;
	case 1:
		this_cpu_inc_return(count);
		this_cpu_add_return(count, 2);
		this_cpu_sub_return(count, 2);
		this_cpu_dec_return(count);
		break;
	case 2:
		do
			old = this_cpu_read(count);
		while (this_cpu_cmpxchg(count, old, old + 1) != old);
		this_cpu_dec(count);
		break;
	case 3:
		old = this_cpu_xchg(count, 0);
		this_cpu_add(count, old);
		break;
	case 4:
		local_irq_disable();
		__this_cpu_inc(count);
		__this_cpu_dec(count);
		__this_cpu_add(count, 1);
		__this_cpu_write(count, __this_cpu_read(count) - 1);
		raw_cpu_write(count, raw_cpu_read(count));
		this_cpu_write(count, this_cpu_read(count));
		BUG_ON(!irqs_disabled());
		local_irq_enable();
		break;
	case 5:
		own = get_cpu_ptr(&count);
		BUG_ON(own != raw_cpu_ptr(&count) || own != &get_cpu_var(count));
		put_cpu_var(count);
		put_cpu_ptr(&count);
		break;
	default:
#ifdef WRONG
		/* The interrupt comes between the two. */
		__this_cpu_inc(count);
		this_cpu_dec(count);
#else
		this_cpu_inc(count);
		this_cpu_dec(count);
#endif
	}
	put_cpu();
	local_irq_disable();
	BUG_ON(this_cpu_read(count) != (READ_ONCE(was_interrupted) ? 16 : 0));
	local_irq_enable();
	old = 0;
	for_each_online_cpu(cpu)
		old += per_cpu(count, cpu);
	for_each_present_cpu(cpu)
		BUG_ON(cpu && per_cpu(count, cpu));
	return true;
}
