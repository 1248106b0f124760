/* SPDX-License-Identifier: Apache-2.0 */

/* What the bench needs and Swift does not have: the number of the CPU that a
 * thread plays and its count of read sections, as cheap as a kernel's per-CPU
 * words. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

/// The CPU that the current thread plays.
extern _Thread_local int bench_cpu __attribute__((tls_model("local-exec")));

/// How deep in read sections it is.
extern _Thread_local int64_t bench_read_depth
    __attribute__((tls_model("local-exec")));

static inline int64_t bench_current_cpu(void) {
  int64_t cpu;
  // Not volatile: as in a kernel, its value may be used twice.
  __asm__("movslq %%fs:bench_cpu@tpoff, %0" : "=r"(cpu));
  return cpu;
}
void bench_set_current_cpu(int cpu);
/// The thread plays no CPU any more.
void bench_leave_cpu(void);

static inline void bench_enter_read_section(void) {
  __asm__ volatile("incq %%fs:bench_read_depth@tpoff" ::: "memory", "cc");
}
static inline void bench_leave_read_section(void) {
  __asm__ volatile("decq %%fs:bench_read_depth@tpoff" ::: "memory", "cc");
}

/// Whether no CPU is in a read section.
bool bench_readers_have_left(void);

/// Writes zeroes into words as a kernel of x86-64 does.
static inline void bench_zero(void *words, int64_t count) {
  __asm__ volatile("rep stosq" : "+D"(words), "+c"(count) : "a"(0ull)
                   : "memory");
}

/// Returns when `count` threads have called it. `count` is the same each time.
void bench_meet(int count);

/// Keeps the current thread on one processor.
void bench_pin(int processor);

#endif
