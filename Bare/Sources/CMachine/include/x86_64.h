// x86-64 under QEMU's q35.
#ifndef CMACHINE_X86_64_H
#define CMACHINE_X86_64_H

// Memory: 128 MiB, but for the first page, whose address is null.
#define MACHINE_MEMORY 0x1000
#define MACHINE_FRAMES 32767
#define MACHINE_CPUS 2
// Devices need no leaves of their own: the MTRRs know them.
#define MACHINE_DEVICES 0
// The width of physical addresses: the format's.
#define MACHINE_PHYSICAL_BITS 63
// A page below 1 MiB, where a second CPU can start.
#define MACHINE_TRAMPOLINE_AT 0x8000
// Where the boot tables map the first memory once more, by a leaf of their
// own.
#define MACHINE_BOOT_UPPER 0xffffffff80000000
#define MACHINE_BOOT_UPPER_SIZE 0x200000

#ifndef __ASSEMBLER__
#include <stdint.h>

/// What an interrupt's stub leaves on the stack.
struct machine_frame {
  uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
  uint64_t vector, error;
  uint64_t rip, cs, rflags, rsp, ss;
};

extern uint32_t machine_start_info;
extern char machine_probe_load_access[];
extern char machine_probe_store_access[];
extern char machine_probe_faulted[];

/// Points every vector at its stub.
void machine_fill_interrupt_table(void);
/// Starts the second CPU, on tables from `user` on, which have the kernel half
/// too.
void machine_start_second_cpu(uint64_t user, uint64_t kernel);

/// The physical address of the start information that QEMU left.
MACHINE_INLINE uint64_t machine_start_information(void) {
  return machine_start_info;
}
/// Moves a faulted probe on to its end; false if no probe faulted.
MACHINE_INLINE _Bool machine_end_probe(struct machine_frame *_Nonnull frame) {
  if (frame->rip != (uint64_t)machine_probe_load_access &&
      frame->rip != (uint64_t)machine_probe_store_access)
    return 0;
  frame->rip = (uint64_t)machine_probe_faulted;
  frame->rdx = frame->error | 1ull << 63;
  return 1;
}
/// Interrupts every other CPU with vector 32: the local APIC's command
/// register, to all but itself.
MACHINE_INLINE void machine_call_other_cpus(void) {
  // Stores are in order; the compiler keeps them so.
  __asm__ volatile("" ::: "memory");
  *(volatile uint32_t *)0xfee00300 = 0x000c4020;
}
MACHINE_INLINE void machine_end_interrupt(void) {
  *(volatile uint32_t *)0xfee000b0 = 0;
}

/// Software-enables this CPU's local APIC: the spurious-interrupt register.
MACHINE_INLINE void machine_start_local_apic(void) {
  *(volatile uint32_t *)0xfee000f0 = 0x1ff;
}

/// No CPU of x86-64 caches an entry that is not present.
MACHINE_INLINE _Bool machine_caches_invalid_entries(void) { return 0; }
/// A flush is this CPU's alone.
MACHINE_INLINE _Bool machine_broadcasts_flushes(void) { return 0; }
/// Nothing: a walk sees what its CPU stored.
MACHINE_INLINE void machine_publish_tables(void) {}
MACHINE_INLINE uint64_t machine_current_cpu(void) {
  uint64_t cpu;
  // Not volatile: no thread moves, so its value may be used twice.
  __asm__("movq %%gs:0, %0" : "=r"(cpu));
  return cpu;
}
MACHINE_INLINE uint32_t machine_in32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
MACHINE_INLINE void machine_out32(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}
MACHINE_INLINE void machine_out8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
/// Walks tables from `user`, which have the kernel half too.
MACHINE_INLINE void machine_set_roots(uint64_t user, uint64_t kernel) {
  (void)kernel;
  __asm__ volatile("movq %0, %%cr3" ::"r"(user) : "memory");
}
MACHINE_INLINE uint64_t machine_fault_address(void) {
  uint64_t address;
  __asm__ volatile("movq %%cr2, %0" : "=r"(address));
  return address;
}
MACHINE_INLINE void machine_flush_page(uint64_t address) {
  __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}
/// Forgets every translation, global ones too: PGE off and on again.
MACHINE_INLINE void machine_flush_all(void) {
  uint64_t control;
  __asm__ volatile(
      "movq %%cr4, %0\n\txorq $0x80, %0\n\tmovq %0, %%cr4\n\t"
      "xorq $0x80, %0\n\tmovq %0, %%cr4"
      : "=&r"(control)
      :
      : "memory");
}
MACHINE_INLINE void machine_disable_interrupts(void) {
  __asm__ volatile("cli" ::: "memory");
}
MACHINE_INLINE void machine_enable_interrupts(void) {
  __asm__ volatile("sti" ::: "memory");
}
/// Sleeps until an interrupt; none is lost between the two instructions.
MACHINE_INLINE void machine_await_interrupt(void) {
  __asm__ volatile("sti\n\thlt\n\tcli" ::: "memory");
}
/// Sleeps until a device's interrupt.
MACHINE_INLINE void machine_await_device(void) { machine_await_interrupt(); }
/// Orders what was stored in memory before a device's register is written:
/// stores are in order here.
MACHINE_INLINE void machine_order_before_device(void) {
  __asm__ volatile("" ::: "memory");
}
/// Orders a read of a device's register before what memory is read or written
/// for it: the CPU does.
MACHINE_INLINE void machine_order_after_device(void) {
  __asm__ volatile("" ::: "memory");
}
MACHINE_INLINE uint32_t machine_pci_load(uint32_t function, uint32_t offset) {
  machine_out32(0xcf8, 1u << 31 | function << 8 | offset);
  return machine_in32(0xcfc);
}
MACHINE_INLINE void machine_pci_store(uint32_t function, uint32_t offset,
                                      uint32_t value) {
  machine_out32(0xcf8, 1u << 31 | function << 8 | offset);
  machine_out32(0xcfc, value);
}
MACHINE_INLINE void machine_pause(void) { __asm__ volatile("pause"); }
MACHINE_INLINE void machine_put_byte(uint8_t byte) {
  machine_out8(0x3f8, byte);
}
/// Ends QEMU with status 2 * `code` + 1, so never with the 0 of a triple fault.
MACHINE_INLINE void machine_exit(uint32_t code) {
  machine_out32(0xf4, code);
}
/// Instructions so far, under -icount shift=0.
MACHINE_INLINE uint64_t machine_instructions(void) {
  uint32_t low, high;
  __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
  return (uint64_t)high << 32 | low;
}
#endif
#endif
