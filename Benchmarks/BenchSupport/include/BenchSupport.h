/* What the bench needs and Swift does not have: the number of the CPU that a
 * thread plays, as cheap as a kernel's per-CPU word. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stdint.h>

/// The CPU that the current thread plays.
extern _Thread_local int bench_cpu __attribute__((tls_model("local-exec")));

static inline int64_t bench_current_cpu(void) {
  int64_t cpu;
  // Not volatile: as in a kernel, its value may be used twice.
  __asm__("movslq %%fs:bench_cpu@tpoff, %0" : "=r"(cpu));
  return cpu;
}
static inline void bench_set_current_cpu(int cpu) { bench_cpu = cpu; }

/// Returns when `count` threads have called it. `count` is the same each time.
void bench_meet(int count);

/// Keeps the current thread on one processor.
void bench_pin(int processor);

#endif
