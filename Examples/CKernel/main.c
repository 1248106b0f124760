/* A kernel's use of Fallow from C: a process's memory, which a device uses
 * too, is copied on write and unmapped. The kernel is a process itself, so
 * that it can be run; the functions that the library calls stand below. */
#include "fallow.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 4096ul
#define FRAMES 512ul
#define FIRST_FRAME 256ul
#define USER (4ul << 30)
#define DATA (FALLOW_WRITABLE | FALLOW_USER)

static uint64_t next_frame = FIRST_FRAME, free_frames[FRAMES], free_count;
static int invalidations;

static void done(enum fallow_outcome outcome, const char *what) {
  printf("%s: %s\n", what, outcome == FALLOW_DONE ? "done" : "not done");
  if (outcome != FALLOW_DONE) exit(1);
}

static void start(void) {
  struct fallow_machine machine = {
      .memory = aligned_alloc(PAGE, FRAMES * PAGE),
      .first_frame = FIRST_FRAME,
      .frame_count = FRAMES,
      .descriptors = calloc(FRAMES, FALLOW_DESCRIPTOR_SIZE),
      .words = calloc(1, FALLOW_WORD_BYTES(1)),
      .cpus = 1,
  };
  fallow_start(&machine);
}

int main(void) {
  struct fallow_binding binding;
  struct fallow_stale stale = {0}; /* what the device may still use */
  struct fallow_leaf old;
  struct fallow_error error;

  start();
  uint64_t kernel = fallow_make_kernel_space();
  uint64_t parent = fallow_make_user_space(kernel);
  uint64_t child = fallow_make_user_space(kernel);
  done(fallow_user_bind(parent, 1, 7, &binding), "the device walks the space");
  uint64_t page = fallow_kernel_allocate(0), copy = fallow_kernel_allocate(0);
  done(fallow_user_map(parent, USER, PAGE, page * PAGE, DATA, &error), "map");

  done(fallow_user_copy(parent, child, USER, PAGE, FALLOW_SOFTWARE_0,
                        FALLOW_WRITABLE, NULL, NULL, &stale, &error), "fork");
  done(fallow_forget(&stale), "the device writes it no more");
  /* The parent writes: it gets a copy, and the child keeps the page. */
  done(fallow_user_remap(parent, USER, 1, copy * PAGE, DATA, true, &old,
                         &stale, &error), "copy on write");
  done(fallow_forget(&stale), "the device uses the copy");

  done(fallow_user_unmap(parent, USER, PAGE, &stale, &error), "unmap");
  done(fallow_forget(&stale), "the copy may be used again");
  fallow_kernel_free(copy, 0);
  done(fallow_unbind(&binding), "the device leaves");
  done(fallow_end_user_space(parent, &error), "the parent ends");
  done(fallow_user_unmap(child, USER, PAGE, &stale, &error), "unmap");
  done(fallow_forget(&stale), "no device walks the child");
  fallow_kernel_free(page, 0);
  done(fallow_end_user_space(child, &error), "the child ends");
  done(fallow_end_kernel_space(kernel, &error), "the kernel ends");
  printf("%lu frames taken, %lu of them back, %d invalidations\n",
         next_frame - FIRST_FRAME, free_count, invalidations);
  return next_frame - FIRST_FRAME != free_count;
}

/* What the library asks of its kernel: fallow.h says what each guarantees. */
uint64_t fallow_kernel_allocate(uint32_t order) {
  if (free_count > 0) return free_frames[--free_count];
  if (order != 0 || next_frame == FIRST_FRAME + FRAMES) return FALLOW_NONE;
  return next_frame++;
}
void fallow_kernel_free(uint64_t block, uint32_t order) {
  (void)order;
  free_frames[free_count++] = block;
}
uint32_t fallow_kernel_current_cpu(void) { return 0; }
void fallow_kernel_flush_cpus(uint64_t root, uint64_t start, uint64_t size,
                              bool tables) {
  (void)root, (void)start, (void)size, (void)tables;
}
void fallow_kernel_publish(uint64_t root, uint64_t start, uint64_t size) {
  (void)root, (void)start, (void)size;
}
void fallow_kernel_enter_read_section(void) {}
void fallow_kernel_leave_read_section(void) {}
void fallow_kernel_await_readers(void) {}
void fallow_kernel_lock(uint32_t lock) { (void)lock; }
void fallow_kernel_unlock(uint32_t lock) { (void)lock; }
void fallow_kernel_schedule_worker(uint64_t delay) { (void)delay; }
bool fallow_kernel_attach(uint64_t root, uint32_t device, uint32_t pasid) {
  (void)root, (void)pasid;
  return device == 1;
}
void fallow_kernel_detach(uint32_t device, uint32_t pasid) {
  (void)device, (void)pasid;
}
void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size) {
  (void)pasid, (void)start, (void)size;
}
bool fallow_kernel_await_invalidations(void) {
  invalidations++;
  return true;
}
void fallow_kernel_fault(enum fallow_fault fault, uint64_t frame) {
  printf("fault %d at frame %lu\n", (int)fault, (unsigned long)frame);
  exit(9);
}
