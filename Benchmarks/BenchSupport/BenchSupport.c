/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE
#include "BenchSupport.h"

#include <sched.h>

_Thread_local int bench_cpu;
_Thread_local int64_t bench_read_depth;

static int64_t *depths[2];

void bench_set_current_cpu(int cpu) {
  bench_cpu = cpu;
  __atomic_store_n(&depths[cpu], &bench_read_depth, __ATOMIC_SEQ_CST);
}

void bench_leave_cpu(void) {
  __atomic_store_n(&depths[bench_cpu], 0, __ATOMIC_SEQ_CST);
}

bool bench_readers_have_left(void) {
  for (int cpu = 0; cpu < 2; cpu++) {
    int64_t *depth = __atomic_load_n(&depths[cpu], __ATOMIC_SEQ_CST);
    if (depth && __atomic_load_n(depth, __ATOMIC_SEQ_CST)) return false;
  }
  return true;
}

void bench_meet(int count) {
  static int arrived;
  int all = (__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST) / count + 1)
            * count;
  while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < all) {
    __builtin_ia32_pause();
  }
}

void bench_pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}
