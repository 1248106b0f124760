/* A kernel's use of Fallow from C: maps, translates, unmaps and reclaims. Its
 * memory is a process's, so that it can be run; the functions that the library
 * calls stand below.
 *
 *   c-kernel          runs it, prints what happened
 *   c-kernel MISUSE   hands in what it should not: "leaf-table" (not a root),
 *                     "no-frame", "released", "user-root" and "kernel-root"
 *                     (each for the other half), "forgotten-twice", "copied"
 *                     (an unmapped range); the library finds it out */
#include "fallow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 2048ul
#define FIRST_FRAME 256ul
#define KERNEL_HALF 0xffff800000000000ull

static uint64_t next_frame = FIRST_FRAME, free_frames[FRAMES], free_count;
static int submitted, invalidations, flushes, worker_is_due, is_silent;
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
      .descriptors = calloc(FRAMES, FALLOW_DESCRIPTOR_SIZE),
      .words = calloc(1, FALLOW_WORD_BYTES(1)),
      .cpus = 1,
  };
  fallow_start(&memory);
  uint64_t root = fallow_make_kernel_space();
  expect(root != FALLOW_NONE, "a root");
  return root;
}

static int is(const char *misuse, const char *name) {
  return misuse && !strcmp(misuse, name);
}

/* A process: its pages may be reused once its devices have forgotten them. */
static void use_user_half(uint64_t kernel, const char *misuse) {
  uint64_t stopped = 0, start = 5ul << 30;
  uint32_t data = FALLOW_WRITABLE | FALLOW_USER;
  struct fallow_translation found;
  struct fallow_unmapped unmapped, copy, narrowed;

  expect(fallow_make_user_space(kernel, 0) == FALLOW_NONE, "no PASID");
  uint64_t root = fallow_make_user_space(kernel, 7);
  expect(root != FALLOW_NONE, "a user's root");
  if (is(misuse, "user-root"))
    fallow_unmap(root, KERNEL_HALF, 4096, &stopped);
  if (is(misuse, "kernel-root"))
    fallow_user_map(kernel, start, 4096, 1 << 20, data, &stopped);

  expect(fallow_user_map(root, start, 2 << 12, 1 << 20, data, &stopped) ==
             FALLOW_DONE, "mapped");
  expect(fallow_user_protect(root, start, 4096, FALLOW_USER, &narrowed,
                             &stopped) == FALLOW_DONE, "protected");
  expect(narrowed.size == 4096 && fallow_forget(&narrowed),
         "no device can write any more");
  expect(fallow_user_translate(root, start + 0x1234, &found) &&
             found.address == (1 << 20) + 0x1234 && found.attributes == data,
         "translated");
  uint64_t freed = free_count;
  submitted = invalidations = 0;
  expect(fallow_user_unmap(root, start, 2 << 12, &unmapped, &stopped) ==
             FALLOW_DONE, "unmapped");
  expect(!fallow_user_translate(root, start, &found), "nothing there");
  expect(submitted == 0 && free_count == freed, "nobody has forgotten it");
  copy = unmapped;
  is_silent = 1;
  expect(!fallow_forget(&unmapped) && free_count == freed, "no answer");
  is_silent = 0;
  expect(fallow_forget(&unmapped) && invalidations == 1, "forgotten");
  expect(unmapped.start == start && unmapped.size == 2 << 12, "reusable");
  if (is(misuse, "forgotten-twice")) fallow_forget(&unmapped);
  if (is(misuse, "copied")) fallow_forget(&copy);
  expect(fallow_user_map(root, start, 4096, 1 << 20, data, &stopped) ==
             FALLOW_DONE, "mapped again");
  expect(fallow_end_user_space(root, &stopped) == FALLOW_IN_USE &&
             stopped == start, "in use");
  expect(fallow_user_unmap(root, start, 4096, &unmapped, &stopped) ==
                 FALLOW_DONE && fallow_forget(&unmapped) &&
             fallow_end_user_space(root, &stopped) == FALLOW_DONE, "ended");
  fallow_reclaim();
  expect(fallow_quarantined() == 0 && free_count > freed, "tables are back");
}

int main(int argc, char **argv) {
  uint64_t root = start_space(), stopped = 0;
  const char *misuse = argc > 1 ? argv[1] : NULL;
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

  if (is(misuse, "leaf-table"))
    fallow_unmap(next_frame - 1, KERNEL_HALF, 4096, &stopped);
  if (is(misuse, "no-frame"))
    fallow_unmap(FIRST_FRAME + FRAMES - 1, KERNEL_HALF, 4096, &stopped);

  expect(fallow_unmap(root, KERNEL_HALF, 3 << 12, &stopped) == FALLOW_DONE,
         "unmapped");
  expect(!fallow_translate(root, KERNEL_HALF, &found), "nothing there");
  expect(fallow_quarantined() == 2 && worker_is_due, "two tables wait");
  expect(last_freed == FALLOW_NONE, "none is free yet");
  fallow_reclaim();
  expect(fallow_quarantined() == 0 && invalidations == 1, "one invalidation");
  if (is(misuse, "released"))
    fallow_unmap(last_freed, KERNEL_HALF, 4096, &stopped);
  use_user_half(root, misuse);
  printf("mapped, unmapped, flushed %d times, told twice to forget, "
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
void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size) {
  expect(pasid == 0 || pasid == 7, "a PASID that was given");
  expect(size == 0 || start == KERNEL_HALF, "all of it or the kernel half");
  submitted++;
}
bool fallow_kernel_await_invalidations(void) {
  expect(submitted > 0, "there is something to wait for");
  if (is_silent) return false;
  invalidations++;
  return true;
}
void fallow_kernel_fault(uint32_t fault, uint64_t frame) {
  printf("fault %u at frame %lu\n", fault, (unsigned long)frame);
  exit(9);
}
