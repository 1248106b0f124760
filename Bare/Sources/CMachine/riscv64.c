#if defined(__riscv)
#include "CMachine.h"

uint64_t machine_second_root;

void machine_start_second_cpu(uint64_t user, uint64_t kernel) {
  (void)kernel;
  machine_second_root = user;
  __asm__ volatile("fence rw, o" ::: "memory");
  // The machine software interrupt of hart 1.
  *(volatile uint32_t *)0x2000004 = 1;
}
#endif
