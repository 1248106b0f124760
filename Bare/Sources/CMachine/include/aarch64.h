// AArch64 under QEMU's virt, at EL1.
#ifndef CMACHINE_AARCH64_H
#define CMACHINE_AARCH64_H

// Memory: 128 MiB.
#define MACHINE_MEMORY 0x40000000
#define MACHINE_FRAMES 32768
#define MACHINE_CPUS 2
// From address 0 on there are so many bytes of devices.
#define MACHINE_DEVICES 0x40000000
// The width of physical addresses: the SMMU's, which has less than the CPU.
#define MACHINE_PHYSICAL_BITS 44
// Where the boot tables map the first memory once more, by a leaf of their
// own.
#define MACHINE_BOOT_UPPER 0xffffffffc0000000
#define MACHINE_BOOT_UPPER_SIZE 0x200000

// TCR_EL1: T0SZ and T1SZ 16, walks write-back and inner shareable, granules of
// 4 KiB, IPS 48 bits, AS, HA, HD.
// Image: translation-control
#define MACHINE_TCR 0x195b5103510
// MAIR_EL1, by the format's indices: write-back memory, memory that is not
// cached, Device-nGnRE.
#define MACHINE_MAIR 0x0444ff

#ifndef __ASSEMBLER__
#include <stdint.h>

/// Starts the second CPU, on tables from these roots on.
void machine_start_second_cpu(uint64_t user, uint64_t kernel);
/// Ends QEMU with status 0 if `code` is that of success, else with 1.
void machine_exit(uint32_t code);

/// A walk never caches an entry that is not valid.
MACHINE_INLINE _Bool machine_caches_invalid_entries(void) { return 0; }
/// A TLB invalidation reaches all CPUs: the inner shareable domain.
MACHINE_INLINE _Bool machine_broadcasts_flushes(void) { return 1; }
/// Makes this CPU's walks see the entries that it stored.
MACHINE_INLINE void machine_publish_tables(void) {
  // Image: publish
  __asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}
/// The CPU's number, which its entry put where no compiled code looks.
MACHINE_INLINE uint64_t machine_current_cpu(void) {
  uint64_t cpu;
  // Not volatile: no thread moves, so its value may be used twice.
  __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
  return cpu;
}
/// Walks from `user` for the lower half, and from `kernel` for the upper.
MACHINE_INLINE void machine_set_roots(uint64_t user, uint64_t kernel) {
  __asm__ volatile(
      "dsb ishst\n\tmsr ttbr0_el1, %0\n\tmsr ttbr1_el1, %1\n\tisb\n\t"
      "tlbi vmalle1\n\tdsb nsh\n\tisb" ::"r"(user),
      "r"(kernel)
      : "memory");
}
/// On every CPU, in every ASID: the leaf of a page, and what leads to it.
MACHINE_INLINE void machine_flush_page(uint64_t address) {
  // Image: flush-page
  __asm__ volatile("dsb ishst\n\ttlbi vaae1is, %0\n\tdsb ish\n\tisb" ::"r"(
                       address >> 12 & 0xfffffffffff)
                   : "memory");
}
/// On every CPU: everything.
MACHINE_INLINE void machine_flush_all(void) {
  // Image: flush-all
  __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::
                       : "memory");
}
MACHINE_INLINE void machine_disable_interrupts(void) {
  __asm__ volatile("msr daifset, #2" ::: "memory");
}
MACHINE_INLINE void machine_enable_interrupts(void) {
  __asm__ volatile("msr daifclr, #2" ::: "memory");
}
/// Sleeps until an interrupt; it is taken before this returns.
MACHINE_INLINE void machine_await_interrupt(void) {
  __asm__ volatile(
      "dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::
          : "memory");
}
/// Sleeps for a millisecond by the virtual timer, whose interrupt is pending at
/// its end and is never taken: a WFI ends though interrupts are masked.
MACHINE_INLINE void machine_await_device(void) {
  uint64_t frequency;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
  __asm__ volatile(
      "msr cntv_tval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb\n\twfi\n\t"
      "msr cntv_ctl_el0, xzr\n\tisb" ::"r"(frequency / 1000),
      "r"(1ull)
      : "memory");
}
/// Interrupts the other CPU: SGI 0 to all but itself, by ICC_SGI1R_EL1.
MACHINE_INLINE void machine_call_other_cpus(void) {
  // What the other CPU is asked, before it is asked.
  __asm__ volatile(
      "dsb ishst\n\tmsr S3_0_C12_C11_5, %0\n\tisb" ::"r"(1ull << 40)
      : "memory");
}
/// Lets the other CPU run: an emulator that counts instructions goes on to the
/// next at a YIELD.
MACHINE_INLINE void machine_pause(void) {
  __asm__ volatile("yield" ::: "memory");
}
/// Orders what was stored in memory before a device's register is written.
MACHINE_INLINE void machine_order_before_device(void) {
  __asm__ volatile("dmb oshst" ::: "memory");
}
/// Orders a read of a device's register before what memory is read or written
/// for it.
MACHINE_INLINE void machine_order_after_device(void) {
  __asm__ volatile("dmb oshld" ::: "memory");
}
// PCI's configuration space, ECAM, below 4 GiB as `highmem-ecam=off` has it.
MACHINE_INLINE uint32_t machine_pci_load(uint32_t function, uint32_t offset) {
  return *(volatile uint32_t *)(0x3f000000ull + (function << 12) + offset);
}
MACHINE_INLINE void machine_pci_store(uint32_t function, uint32_t offset,
                                      uint32_t value) {
  *(volatile uint32_t *)(0x3f000000ull + (function << 12) + offset) = value;
}
MACHINE_INLINE void machine_put_byte(uint8_t byte) {
  *(volatile uint8_t *)0x09000000ull = byte;
}
/// Instructions so far, under -icount shift=0: the counter of `-cpu max` has
/// 1 GHz.
MACHINE_INLINE uint64_t machine_instructions(void) {
  uint64_t count;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count)::"memory");
  return count;
}
#endif
#endif
