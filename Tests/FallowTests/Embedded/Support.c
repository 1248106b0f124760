/* SPDX-License-Identifier: Apache-2.0 */

/* What the client asks of its kernel, and what Embedded Swift's objects name. */

static unsigned long next_frame = 1;

unsigned long kernel_allocate(unsigned long order) {
  unsigned long frame = next_frame;
  next_frame += 1ul << order;
  return frame;
}

void kernel_free(unsigned long block, unsigned long order) {
  (void)block;
  (void)order;
}

unsigned long kernel_read_register(unsigned long place) {
  return *(volatile unsigned long *)place;
}

void kernel_write_register(unsigned long place, unsigned long value) {
  *(volatile unsigned long *)place = value;
}

void *memset(void *at, int value, unsigned long size) {
  for (unsigned long i = 0; i < size; i++) ((volatile char *)at)[i] = value;
  return at;
}

void kernel_halt(void) {
  for (;;) {
  }
}
