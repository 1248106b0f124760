// RISC-V under QEMU's virt, in supervisor mode.
#ifndef CMACHINE_RISCV64_H
#define CMACHINE_RISCV64_H

// Memory: 128 MiB.
#define MACHINE_MEMORY 0x80000000
#define MACHINE_FRAMES 32768
#define MACHINE_CPUS 2
// Devices need no leaves of their own: attributes are the machine's.
#define MACHINE_DEVICES 0
// The width of physical addresses: the format's.
#define MACHINE_PHYSICAL_BITS 63
// Where the boot tables map the first memory once more, by a leaf of their
// own.
#define MACHINE_BOOT_UPPER 0xffffffffc0000000
#define MACHINE_BOOT_UPPER_SIZE 0x1000

// The supervisor timer's bit in SIE and MIP.
#define MACHINE_TIMER_INTERRUPT 0x20

#ifndef __ASSEMBLER__
#include <stdint.h>

/// Starts the second hart, on tables from `user` on, which have the kernel half
/// too.
void machine_start_second_cpu(uint64_t user, uint64_t kernel);

/// Whether a hart may cache that an entry is not valid (no Svvptc).
MACHINE_INLINE _Bool machine_caches_invalid_entries(void) { return 1; }
/// A flush is this hart's alone.
MACHINE_INLINE _Bool machine_broadcasts_flushes(void) { return 0; }
/// Nothing: a flush publishes.
MACHINE_INLINE void machine_publish_tables(void) {}
/// The hart's number, which its entry put where no compiled code looks.
MACHINE_INLINE uint64_t machine_current_cpu(void) {
  uint64_t cpu;
  __asm__ volatile("mv %0, tp" : "=r"(cpu));
  return cpu;
}
/// Walks Sv39 tables from `user`, which have the kernel half too.
MACHINE_INLINE void machine_set_roots(uint64_t user, uint64_t kernel) {
  (void)kernel;
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(8ull << 60 | user >> 12)
                   : "memory");
}
MACHINE_INLINE void machine_flush_page(uint64_t address) {
  __asm__ volatile("sfence.vma %0" ::"r"(address) : "memory");
}
MACHINE_INLINE void machine_flush_all(void) {
  __asm__ volatile("sfence.vma" ::: "memory");
}
MACHINE_INLINE void machine_disable_interrupts(void) {
  __asm__ volatile("csrci sstatus, 2" ::: "memory");
}
MACHINE_INLINE void machine_enable_interrupts(void) {
  __asm__ volatile("csrsi sstatus, 2" ::: "memory");
}
/// Sleeps until an interrupt; it is taken before this returns.
MACHINE_INLINE void machine_await_interrupt(void) {
  __asm__ volatile("wfi\n\tcsrsi sstatus, 2\n\tnop\n\tcsrci sstatus, 2" ::
                       : "memory");
}
/// Lets an interrupt through. Devices send none here: a driver that waits
/// polls.
MACHINE_INLINE void machine_await_device(void) {
  __asm__ volatile("csrsi sstatus, 2\n\tnop\n\tcsrci sstatus, 2" ::: "memory");
}
/// Interrupts the other hart: the ACLINT's supervisor software interrupts, as
/// `-machine aclint=on` has them.
MACHINE_INLINE void machine_call_other_cpus(void) {
  // What the other hart is asked, before it is asked.
  __asm__ volatile("fence w, o" ::: "memory");
  *(volatile uint32_t *)(0x2f00000 + 4 * (1 - machine_current_cpu())) = 1;
}
/// Lets the other hart run: an emulator that counts instructions runs one at a
/// time, and goes on to the next at a WFI. This one ends at once: the timer's
/// interrupt, which is never taken, is pending.
MACHINE_INLINE void machine_pause(void) {
  uint64_t status;
  __asm__ volatile(
      "csrrci %0, sstatus, 2\n\tcsrs sie, %1\n\twfi\n\tcsrc sie, %1\n\t"
      "andi %0, %0, 2\n\tcsrs sstatus, %0"
      : "=&r"(status)
      : "r"(MACHINE_TIMER_INTERRUPT)
      : "memory");
}
/// Orders what was stored in memory before a device's register is written.
MACHINE_INLINE void machine_order_before_device(void) {
  __asm__ volatile("fence rw, o" ::: "memory");
}
/// Orders a read of a device's register before what memory is read or written
/// for it.
MACHINE_INLINE void machine_order_after_device(void) {
  __asm__ volatile("fence i, rw" ::: "memory");
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
