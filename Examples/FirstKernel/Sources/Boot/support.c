#include "Boot.h"

// What the compiler calls without being asked.

void *memset(void *at, int value, uint64_t size) {
  volatile char *byte = at;
  while (size--) *byte++ = (char)value;
  return at;
}

void *memcpy(void *to, const void *from, uint64_t size) {
  volatile char *byte = to;
  const char *source = from;
  while (size--) *byte++ = *source++;
  return to;
}

void *memmove(void *to, const void *from, uint64_t size) {
  if (to <= from) return memcpy(to, from, size);
  volatile char *byte = to;
  const char *source = from;
  while (size--) byte[size] = source[size];
  return to;
}

#if defined(__x86_64__)
extern char boot_exception_stubs[];
uint64_t boot_interrupt_table[64];

// Points each of the 32 exceptions at its stub of 16 bytes.
void boot_fill_interrupt_table(void) {
  for (uint64_t vector = 0; vector < 32; vector++) {
    uint64_t stub = (uint64_t)boot_exception_stubs + vector * 16;
    boot_interrupt_table[2 * vector] =
        (stub & 0xffff) | 8 << 16 | 0x8e00ull << 32 | (stub >> 16 & 0xffff) << 48;
    boot_interrupt_table[2 * vector + 1] = stub >> 32;
  }
}
#endif

#if defined(__aarch64__)
// By semihosting: SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit.
void boot_exit(_Bool succeeded) {
  uint64_t block[2] = {0x20026, !succeeded};
  register uint64_t operation __asm__("x0") = 0x20;
  register uint64_t *argument __asm__("x1") = block;
  __asm__ volatile("hlt #0xf000" ::"r"(operation), "r"(argument) : "memory");
}
#endif
