/* A kernel's use of Fallow from C: maps, translates, unmaps and reclaims. Its
 * memory is a process's, so that it can be run; the functions that the library
 * calls stand below.
 *
 *   c-kernel          runs it, prints what happened
 *   c-kernel MISUSE   hands in what it should not: "leaf-table" (not a root),
 *                     "no-frame", "released"; the library finds it out */
#include "fallow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 2048ul
#define FIRST_FRAME 256ul
#define KERNEL_HALF 0xffff800000000000ull

static uint64_t next_frame = FIRST_FRAME, free_frames[FRAMES], free_count;
static int invalidations, flushes, worker_is_due;
static uint64_t last_freed = FALLOW_NONE;

static void expect(int holds, const char *what) {
  if (holds) return;
  printf("not as expected: %s\n", what);
  exit(1);
}

static uint64_t start_space(void) {
  struct fallow_memory memory = {
      .memory = aligned_alloc(4096, FRAMES * 4096),
      .first_frame = FIRST_FRAME,
      .frame_count = FRAMES,
      .descriptors = calloc(FRAMES, fallow_descriptor_size()),
      .words = calloc(1, fallow_word_bytes(1)),
      .cpus = 1,
  };
  fallow_start(&memory);
  uint64_t root = fallow_make_kernel_space();
  expect(root != FALLOW_NONE, "a root");
  return root;
}

int main(int argc, char **argv) {
  uint64_t root = start_space(), stopped = 0;
  struct fallow_translation found;
  uint32_t data = FALLOW_WRITABLE | FALLOW_GLOBAL;

  expect(fallow_map(root, KERNEL_HALF, 3 << 12, 1 << 20, data, &stopped) ==
             FALLOW_DONE, "mapped");
  expect(fallow_map(root, KERNEL_HALF + 0x2000, 4096, 1 << 20, data,
                    &stopped) == FALLOW_OCCUPIED &&
             stopped == KERNEL_HALF + 0x2000, "occupied");
  expect(fallow_map(root, KERNEL_HALF + 0x9000, 4096, 1 << 20,
                    FALLOW_UNREADABLE, &stopped) == FALLOW_INEXPRESSIBLE &&
             stopped == FALLOW_UNREADABLE, "refused by name");
  expect(fallow_translate(root, KERNEL_HALF + 0x1234, &found) &&
             found.address == (1 << 20) + 0x1234 && found.level == 1 &&
             found.attributes == data, "translated");
  expect(fallow_protect(root, KERNEL_HALF, 4096, FALLOW_GLOBAL, &stopped) ==
             FALLOW_DONE, "protected");

  if (argc > 1) {
    if (!strcmp(argv[1], "leaf-table")) fallow_unmap(next_frame - 1,
                                                     KERNEL_HALF, 4096,
                                                     &stopped);
    if (!strcmp(argv[1], "no-frame")) fallow_unmap(FIRST_FRAME + FRAMES - 1,
                                                   KERNEL_HALF, 4096,
                                                   &stopped);
  }

  expect(fallow_unmap(root, KERNEL_HALF, 3 << 12, &stopped) == FALLOW_DONE,
         "unmapped");
  expect(!fallow_translate(root, KERNEL_HALF, &found), "nothing there");
  expect(fallow_quarantined() == 2 && worker_is_due, "two tables wait");
  expect(last_freed == FALLOW_NONE, "none is free yet");
  fallow_reclaim();
  expect(fallow_quarantined() == 0 && invalidations == 1, "one invalidation");
  if (argc > 1 && !strcmp(argv[1], "released"))
    fallow_unmap(last_freed, KERNEL_HALF, 4096, &stopped);
  printf("mapped, unmapped, flushed %d times, invalidated once, "
         "freed %lu tables\n", flushes, (unsigned long)free_count);
  return 0;
}

/* What the library asks of its kernel. */
uint64_t fallow_kernel_allocate(uint32_t order) {
  if (order == 0 && free_count > 0) return free_frames[--free_count];
  if (next_frame + (1ul << order) > FIRST_FRAME + FRAMES) return FALLOW_NONE;
  uint64_t block = next_frame;
  next_frame += 1ul << order;
  return block;
}
void fallow_kernel_free(uint64_t block, uint32_t order) {
  (void)order;
  last_freed = block;
  free_frames[free_count++] = block;
}
uint32_t fallow_kernel_current_cpu(void) { return 0; }
void fallow_kernel_flush_cpus(uint64_t start, uint64_t size) {
  (void)start, (void)size;
  flushes++;
}
void fallow_kernel_enter_read_section(void) {}
void fallow_kernel_leave_read_section(void) {}
void fallow_kernel_await_readers(void) {}
void fallow_kernel_lock(uint32_t lock) { (void)lock; }
void fallow_kernel_unlock(uint32_t lock) { (void)lock; }
void fallow_kernel_schedule_worker(void) { worker_is_due = 1; }
bool fallow_kernel_invalidate_iommus(void) {
  expect(last_freed == FALLOW_NONE, "nothing is freed before");
  invalidations++;
  return true;
}
void fallow_kernel_fault(uint32_t fault, uint64_t frame) {
  printf("fault %u at frame %lu\n", fault, (unsigned long)frame);
  exit(9);
}
