// What Swift cannot say of a machine. Each function is an instruction or two.
#ifndef BOOT_H
#define BOOT_H

#define BOOT_STACK_SIZE 0x4000

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BOOT_INLINE static inline __attribute__((always_inline))

extern char image_end[];

/// The first address after the image.
BOOT_INLINE uint64_t boot_image_end(void) { return (uint64_t)image_end; }

/// Memory that lies where it is mapped.
BOOT_INLINE void *_Nonnull boot_pointer(uint64_t address) {
  return (void *)address;
}
BOOT_INLINE uint64_t boot_load(uint64_t address) {
  return *(volatile uint64_t *)address;
}
BOOT_INLINE void boot_store(uint64_t address, uint64_t value) {
  *(volatile uint64_t *)address = value;
}

#if defined(__x86_64__)
#define BOOT_MEMORY 0x100000
BOOT_INLINE void boot_set_roots(uint64_t user, uint64_t kernel) {
  __asm__ volatile("movq %0, %%cr3" ::"r"(user) : "memory");
}
/// Global translations too: PGE off and on again.
BOOT_INLINE void boot_flush_all(void) {
  uint64_t control;
  __asm__ volatile(
      "movq %%cr4, %0\n\txorq $0x80, %0\n\tmovq %0, %%cr4\n\t"
      "xorq $0x80, %0\n\tmovq %0, %%cr4"
      : "=&r"(control)::"memory");
}
BOOT_INLINE void boot_put_byte(uint8_t byte) {
  __asm__ volatile("outb %0, %1" ::"a"(byte), "Nd"((uint16_t)0x3f8));
}
/// Ends QEMU with 33 for success, 35 for failure: 0 is a triple fault's.
BOOT_INLINE void boot_exit(_Bool succeeded) {
  __asm__ volatile("outl %0, %1" ::"a"(succeeded ? 16 : 17),
                   "Nd"((uint16_t)0xf4));
}

#elif defined(__riscv)
#define BOOT_MEMORY 0x80000000
/// Sv39.
BOOT_INLINE void boot_set_roots(uint64_t user, uint64_t kernel) {
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(8ull << 60 | user >> 12)
                   : "memory");
}
BOOT_INLINE void boot_flush_all(void) {
  __asm__ volatile("sfence.vma" ::: "memory");
}
BOOT_INLINE void boot_put_byte(uint8_t byte) {
  *(volatile uint8_t *)0x10000000ull = byte;
}
BOOT_INLINE void boot_exit(_Bool succeeded) {
  *(volatile uint32_t *)0x100000ull = succeeded ? 0x5555 : 0x13333;
}

#elif defined(__aarch64__)
#define BOOT_MEMORY 0x40000000
BOOT_INLINE void boot_set_roots(uint64_t user, uint64_t kernel) {
  __asm__ volatile(
      "msr ttbr0_el1, %0\n\tmsr ttbr1_el1, %1\n\tisb\n\t"
      "tlbi vmalle1\n\tdsb nsh\n\tisb" ::"r"(user),
      "r"(kernel)
      : "memory");
}
BOOT_INLINE void boot_flush_all(void) {
  __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::
                       : "memory");
}
/// Makes stores to tables visible to the walks that follow.
BOOT_INLINE void boot_synchronize_stores(void) {
  __asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}
BOOT_INLINE void boot_put_byte(uint8_t byte) {
  *(volatile uint8_t *)0x09000000ull = byte;
}
void boot_exit(_Bool succeeded);
#endif

#endif
#endif
