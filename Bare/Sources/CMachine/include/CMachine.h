// What Swift cannot say of a machine.
#ifndef CMACHINE_H
#define CMACHINE_H

// Inlined whatever the optimiser thinks: most are one instruction.
#define MACHINE_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#include "x86_64.h"
#elif defined(__riscv)
#include "riscv64.h"
#elif defined(__aarch64__)
#include "aarch64.h"
#endif

#ifndef __ASSEMBLER__
#include <stdint.h>

/// Memory that lies where it is mapped.
MACHINE_INLINE void *_Nonnull machine_pointer(uint64_t address) {
  return (void *)address;
}

// The image's own memory, zero at first, as constants of the link.
extern char machine_state[4096], machine_words[4096], image_end[];
extern char machine_descriptors[MACHINE_FRAMES * 32];

/// Where a kernel keeps its state: a page.
MACHINE_INLINE void *_Nonnull machine_state_memory(void) {
  return machine_state;
}
/// Where a kernel keeps the library's words: a page.
MACHINE_INLINE void *_Nonnull machine_words_memory(void) {
  return machine_words;
}
/// Where the descriptors of the frames are: 32 bytes each.
MACHINE_INLINE void *_Nonnull machine_descriptors_memory(void) {
  return machine_descriptors;
}
extern char boot_root[], machine_boot_upper_table[];

/// The root of the tables that the image booted on.
MACHINE_INLINE uint64_t machine_boot_root(void) { return (uint64_t)boot_root; }
/// The table of theirs that leads to MACHINE_BOOT_UPPER alone.
MACHINE_INLINE uint64_t machine_boot_upper(void) {
  return (uint64_t)machine_boot_upper_table;
}
/// The first address after the image.
MACHINE_INLINE uint64_t machine_image_end(void) { return (uint64_t)image_end; }

/// What a probing access found: a value, or in bit 63 of `fault` that it
/// faulted.
struct machine_probe {
  uint64_t value;
  uint64_t fault;
};
struct machine_probe machine_probe_load(uint64_t address);
struct machine_probe machine_probe_store(uint64_t address, uint64_t value);

MACHINE_INLINE uint8_t machine_load8(uint64_t address) {
  return *(volatile uint8_t *)address;
}
MACHINE_INLINE uint32_t machine_load32(uint64_t address) {
  return *(volatile uint32_t *)address;
}
MACHINE_INLINE uint64_t machine_load64(uint64_t address) {
  return *(volatile uint64_t *)address;
}
MACHINE_INLINE void machine_store8(uint64_t address, uint8_t value) {
  *(volatile uint8_t *)address = value;
}
MACHINE_INLINE void machine_store32(uint64_t address, uint32_t value) {
  *(volatile uint32_t *)address = value;
}
MACHINE_INLINE void machine_store64(uint64_t address, uint64_t value) {
  *(volatile uint64_t *)address = value;
}
#endif
#endif
