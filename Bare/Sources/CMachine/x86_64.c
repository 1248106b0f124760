#if defined(__x86_64__)
#include "CMachine.h"

uint32_t machine_start_info;
uint64_t machine_interrupt_table[96];
uint64_t machine_cpu_areas[2 * 8];

extern char machine_interrupt_stubs[];
extern char machine_trampoline[], machine_trampoline_end[], trampoline_root[];

void machine_fill_interrupt_table(void) {
  for (uint64_t vector = 0; vector < 48; vector++) {
    uint64_t stub = (uint64_t)machine_interrupt_stubs + vector * 16;
    machine_interrupt_table[2 * vector] =
        (stub & 0xffff) | 8 << 16 | 0x8e00ull << 32 |
        (stub >> 16 & 0xffff) << 48;
    machine_interrupt_table[2 * vector + 1] = stub >> 32;
  }
}

void machine_start_second_cpu(uint64_t user, uint64_t kernel) {
  (void)kernel;
  volatile char *page = (char *)(uint64_t)MACHINE_TRAMPOLINE_AT;
  for (char *byte = machine_trampoline; byte < machine_trampoline_end; byte++)
    *page++ = *byte;
  *(volatile uint32_t *)(MACHINE_TRAMPOLINE_AT +
                         (trampoline_root - machine_trampoline)) =
      (uint32_t)user;
  // The local APIC's command register, to all but this CPU: INIT, then the
  // page to start at.
  *(volatile uint32_t *)0xfee00300 = 0x000c4500;
  *(volatile uint32_t *)0xfee00300 = 0x000c4600 | MACHINE_TRAMPOLINE_AT >> 12;
}
#endif
