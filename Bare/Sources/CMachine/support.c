#include "CMachine.h"

char machine_state[4096] __attribute__((aligned(4096)));
char machine_words[4096] __attribute__((aligned(4096)));
char machine_descriptors[MACHINE_FRAMES * 32] __attribute__((aligned(4096)));

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
