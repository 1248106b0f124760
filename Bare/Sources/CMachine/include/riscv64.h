// RISC-V under QEMU's virt, in supervisor mode.
#ifndef CMACHINE_RISCV64_H
#define CMACHINE_RISCV64_H

// Memory: 128 MiB.
#define MACHINE_MEMORY 0x80000000
#define MACHINE_FRAMES 32768
#define MACHINE_CPUS 1

#ifndef __ASSEMBLER__
#include <stdint.h>

MACHINE_INLINE uint64_t machine_current_cpu(void) { return 0; }
/// Walks Sv39 tables from `root`.
MACHINE_INLINE void machine_set_root(uint64_t root) {
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(8ull << 60 | root >> 12)
                   : "memory");
}
MACHINE_INLINE void machine_flush_page(uint64_t address) {
  __asm__ volatile("sfence.vma %0" ::"r"(address) : "memory");
}
MACHINE_INLINE void machine_flush_all(void) {
  __asm__ volatile("sfence.vma" ::: "memory");
}
// One hart, and no interrupts: what waits, polls.
MACHINE_INLINE void machine_disable_interrupts(void) {}
MACHINE_INLINE void machine_enable_interrupts(void) {}
MACHINE_INLINE void machine_await_interrupt(void) { __asm__ volatile("nop"); }
MACHINE_INLINE void machine_call_other_cpus(void) {}
MACHINE_INLINE void machine_pause(void) { __asm__ volatile("nop"); }
/// Orders what was stored in memory before what a device is told.
MACHINE_INLINE void machine_order_before_device(void) {
  __asm__ volatile("fence rw, o" ::: "memory");
}
// PCI's configuration space, ECAM.
MACHINE_INLINE uint32_t machine_pci_load(uint32_t function, uint32_t offset) {
  return *(volatile uint32_t *)(0x30000000ull + (function << 12) + offset);
}
MACHINE_INLINE void machine_pci_store(uint32_t function, uint32_t offset,
                                      uint32_t value) {
  *(volatile uint32_t *)(0x30000000ull + (function << 12) + offset) = value;
}
MACHINE_INLINE void machine_put_byte(uint8_t byte) {
  *(volatile uint8_t *)0x10000000ull = byte;
}
/// Ends QEMU with status 0 if `code` is that of success, else with 1.
MACHINE_INLINE void machine_exit(uint32_t code) {
  *(volatile uint32_t *)0x100000ull = code == 0x10 ? 0x5555 : 0x13333;
}
/// Instructions so far.
MACHINE_INLINE uint64_t machine_instructions(void) {
  uint64_t count;
  __asm__ volatile("rdinstret %0" : "=r"(count)::"memory");
  return count;
}
#endif
#endif
