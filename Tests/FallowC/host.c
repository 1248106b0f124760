/* SPDX-License-Identifier: Apache-2.0 */

#include "host.h"

struct host host = {.limit = FRAMES, .fault = -1};
static uint64_t next_frame = FIRST_FRAME, free_frames[FRAMES], free_count;

void host_start(void) {
  host.memory = aligned_alloc(PAGE, FRAMES * PAGE);
  memset(host.memory, 0xa5, FRAMES * PAGE);
  host.descriptors = calloc(FRAMES, FALLOW_DESCRIPTOR_SIZE);
  host.words = calloc(1, FALLOW_WORD_BYTES(1));
  struct fallow_machine machine = {
      .memory = host.memory,
      .first_frame = FIRST_FRAME,
      .frame_count = FRAMES,
      .descriptors = host.descriptors,
      .words = host.words,
      .cpus = 1,
  };
  fallow_start(&machine);
}

void host_expect(bool holds, const char *what, const char *file, int line) {
  if (!holds) {
    printf("%s:%d: not as expected: %s\n", file, line, what);
    exit(1);
  }
  if (host.depth != 0) {
    printf("%s:%d: a lock or a read section is left open\n", file, line);
    exit(1);
  }
}

uint64_t fallow_kernel_allocate(uint32_t order) {
  if (order != 0 || host.taken >= host.limit) return FALLOW_NONE;
  if (free_count == 0 && next_frame == FIRST_FRAME + FRAMES)
    return FALLOW_NONE;
  host.taken++;
  return free_count > 0 ? free_frames[--free_count] : next_frame++;
}
void fallow_kernel_free(uint64_t block, uint32_t order) {
  (void)order;
  host.taken--;
  free_frames[free_count++] = block;
}
uint32_t fallow_kernel_current_cpu(void) { return 0; }
void fallow_kernel_flush_cpus(uint64_t root, uint64_t start, uint64_t size,
                              bool tables) {
  (void)root, (void)start, (void)size;
  host.flushes++;
  host.table_flushes += tables;
}
void fallow_kernel_publish(uint64_t root, uint64_t start, uint64_t size) {
  (void)root, (void)start, (void)size;
}
void fallow_kernel_enter_read_section(void) { host.depth++; }
void fallow_kernel_leave_read_section(void) { host.depth--; }
void fallow_kernel_await_readers(void) {}
void fallow_kernel_lock(uint32_t lock) {
  if (lock >= HOST_LOCKS) abort();
  host.depth++;
}
void fallow_kernel_unlock(uint32_t lock) {
  if (lock >= HOST_LOCKS) abort();
  host.depth--;
}
void fallow_kernel_schedule_worker(uint64_t delay) {
  (void)delay;
  host.worker_is_due = 1;
}
bool fallow_kernel_attach(uint64_t root, uint32_t device, uint32_t pasid) {
  (void)root, (void)device, (void)pasid;
  if (host.has_no_device) return false;
  host.attached++;
  return true;
}
void fallow_kernel_detach(uint32_t device, uint32_t pasid) {
  (void)device, (void)pasid;
  host.detached++;
}
void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size) {
  (void)start;
  host.submitted++;
  host.last_pasid = pasid;
  host.last_size = size;
}
bool fallow_kernel_await_invalidations(void) {
  if (host.is_silent) return false;
  host.awaited++;
  return true;
}
void fallow_kernel_fault(enum fallow_fault fault, uint64_t frame) {
  host.fault = (int)fault;
  if (host.catches) longjmp(host.out, 1);
  printf("fault %d at frame %lu\n", (int)fault, (unsigned long)frame);
  exit(9);
}
