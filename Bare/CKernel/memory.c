/* Frames, and the memory that the library works on. */
#include "kernel.h"

#define FIRST (MACHINE_MEMORY / PAGE)
/* The firmware's tables are above. */
#define LAST (FIRST + (64ul << 20) / PAGE)

static struct spin_lock lock;
static uint32_t free_list[LAST - FIRST], free_count;
static uint32_t shares[LAST - FIRST];

void memory_start(void) {
  struct fallow_machine machine = {
      .memory = (void *)(uint64_t)MACHINE_MEMORY,
      .first_frame = FIRST,
      .frame_count = LAST - FIRST,
      .descriptors = machine_descriptors,
      .words = machine_words,
      .cpus = MACHINE_CPUS,
  };
  uint64_t first = machine_image_end() / PAGE;
#if defined(__x86_64__)
  if (first < (2ul << 20) / PAGE) first = (2ul << 20) / PAGE;
#endif
  for (uint64_t frame = LAST; frame-- > first;)
    free_list[free_count++] = (uint32_t)(frame - FIRST);
  fallow_start(&machine);
}

uint64_t *frame_words(uint64_t frame) { return (uint64_t *)(frame * PAGE); }

uint64_t frames_free(void) { return free_count; }

/* The library's frames: tables. */
uint64_t fallow_kernel_allocate(uint32_t order) {
  uint64_t frame = FALLOW_NONE;
  if (order != 0) return frame;
  spin_lock(&lock);
  if (free_count > 0) frame = FIRST + free_list[--free_count];
  spin_unlock(&lock);
  return frame;
}

void fallow_kernel_free(uint64_t block, uint32_t order) {
  if (order != 0) stop("a block of order", order);
  spin_lock(&lock);
  free_list[free_count++] = (uint32_t)(block - FIRST);
  spin_unlock(&lock);
}

uint64_t frame_take(void) {
  uint64_t frame = fallow_kernel_allocate(0);
  if (frame == FALLOW_NONE) stop("no frame is left of", LAST - FIRST);
  uint64_t *words = frame_words(frame);
  for (unsigned i = 0; i < PAGE / 8; i++) words[i] = 0;
  __atomic_store_n(&shares[frame - FIRST], 1, __ATOMIC_RELAXED);
  return frame;
}

void frame_share(uint64_t frame) {
  __atomic_add_fetch(&shares[frame - FIRST], 1, __ATOMIC_RELAXED);
}

void frame_put(uint64_t frame) {
  if (__atomic_sub_fetch(&shares[frame - FIRST], 1, __ATOMIC_ACQ_REL) == 0)
    fallow_kernel_free(frame, 0);
}

unsigned frame_shares(uint64_t frame) {
  return __atomic_load_n(&shares[frame - FIRST], __ATOMIC_ACQUIRE);
}
