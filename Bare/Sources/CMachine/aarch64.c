#if defined(__aarch64__)
#include "CMachine.h"

uint64_t machine_second_roots[2];
extern char second_start[];

void machine_start_second_cpu(uint64_t user, uint64_t kernel) {
  machine_second_roots[0] = user;
  machine_second_roots[1] = kernel;
  // The other CPU reads them with its MMU and caches off.
  __asm__ volatile("dsb sy" ::: "memory");
  // PSCI's CPU_ON: the CPU, where it starts, and a number for it.
  register uint64_t function __asm__("x0") = 0xc4000003;
  register uint64_t cpu __asm__("x1") = 1;
  register uint64_t entry __asm__("x2") = (uint64_t)second_start;
  register uint64_t context __asm__("x3") = 0;
  __asm__ volatile("hvc #0"
                   : "+r"(function), "+r"(cpu), "+r"(entry), "+r"(context)::
                       "memory");
}

/// The GICv3: the distributor once, and the part of it that is the CPU's.
void machine_start_interrupts(uint64_t cpu) {
  if (cpu == 0) {
    // GICD_CTLR: affinity routing, group 1.
    *(volatile uint32_t *)0x08000000 = 0x13;
    // The UART transmits.
    *(volatile uint32_t *)0x09000030 = 0x301;
  }
  uint64_t redistributor = 0x080a0000 + cpu * 0x20000;
  // GICR_WAKER: ProcessorSleep off, until ChildrenAsleep is.
  volatile uint32_t *waker = (volatile uint32_t *)(redistributor + 0x14);
  *waker &= ~2u;
  while (*waker & 4) {}
  // GICR_IGROUPR0: all in group 1. GICR_ISENABLER0: SGI 0, the virtual timer.
  *(volatile uint32_t *)(redistributor + 0x10080) = ~0u;
  *(volatile uint32_t *)(redistributor + 0x10100) = 1 | 1u << 27;
}

void machine_exit(uint32_t code) {
  // Semihosting's SYS_EXIT_EXTENDED: ADP_Stopped_ApplicationExit, the status.
  static uint64_t arguments[2];
  arguments[0] = 0x20026;
  arguments[1] = code == 0x10 ? 0 : 1;
  register uint64_t operation __asm__("x0") = 0x20;
  register uint64_t block __asm__("x1") = (uint64_t)arguments;
  __asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(block) : "memory");
}
#endif
