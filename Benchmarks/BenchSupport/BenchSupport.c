#define _GNU_SOURCE
#include "BenchSupport.h"

#include <sched.h>

_Thread_local int bench_cpu;

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
