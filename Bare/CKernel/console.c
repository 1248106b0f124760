/* What the machine prints: marks, in the form of TAP. */
#include "kernel.h"

static unsigned marks;

void print(const char *text) {
  while (*text) machine_put_byte((uint8_t)*text++);
}

void print_number(uint64_t number) {
  if (number >= 10) print_number(number / 10);
  machine_put_byte((uint8_t)('0' + number % 10));
}

void check(bool holds, const char *name) {
  print(holds ? "ok " : "not ok ");
  print_number(++marks);
  print(" - ");
  print(name);
  print("\n");
  if (!holds) machine_exit(1);
  while (!holds) machine_pause();
}

void stop(const char *why, uint64_t number) {
  print("Bail out! ");
  print(why);
  print(" ");
  print_number(number);
  print("\n");
  machine_exit(1);
  for (;;) machine_pause();
}

void require(enum fallow_outcome outcome, const char *what) {
  if (outcome != FALLOW_DONE) stop(what, outcome);
}

void fallow_kernel_fault(enum fallow_fault fault, uint64_t frame) {
  print("frame ");
  print_number(frame);
  stop(": the library found a fault,", fault);
}
