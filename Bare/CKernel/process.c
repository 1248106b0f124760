/* Processes: an address space of their own each, with a heap that gets its
 * pages when they are written, and a page that forks share. */
#include "kernel.h"

uint64_t kernel_root;

/* What a process's frames wait in until no device reaches them. */
struct taken {
  unsigned count;
  uint64_t frames[64];
};

static void take(void *context, const struct fallow_leaf *leaf) {
  struct taken *taken = context;
  if (taken->count == 64) stop("too many frames", taken->count);
  taken->frames[taken->count++] = leaf->address / PAGE;
}

static void share(void *context, const struct fallow_leaf *leaf) {
  (void)context;
  frame_share(leaf->address / PAGE);
}

void forget(struct fallow_stale *stale) {
  require(fallow_forget(stale), "forget");
}

static void unmap(struct process *process, uint64_t start, uint64_t size) {
  struct fallow_stale stale = {0};
  struct taken taken = {0};
  require(fallow_user_unmap_visiting(process->root, start, size, take, &taken,
                                     &stale, NULL), "unmap");
  forget(&stale);
  while (taken.count > 0) frame_put(taken.frames[--taken.count]);
}

void process_make(struct process *process) {
  process->heap = 0;
  process->root = fallow_make_user_space(kernel_root);
  if (process->root == FALLOW_NONE) stop("no root", 0);
  /* The kernel runs on its tables too, from the addresses it booted at. */
  require(fallow_user_map(process->root, 0, MACHINE_SIZE, 0,
                          FALLOW_WRITABLE | FALLOW_EXECUTABLE |
                              FALLOW_ACCESSED | FALLOW_DIRTY, NULL),
          "map the machine");
}

void process_fork(struct process *parent, struct process *child) {
  struct fallow_stale stale = {0};
  process_make(child);
  child->heap = parent->heap;
  require(fallow_user_copy(parent->root, child->root, HEAP, HEAP_SIZE,
                           FALLOW_SOFTWARE_0, FALLOW_WRITABLE, share, NULL,
                           &stale, NULL), "copy on write");
  require(fallow_user_copy(parent->root, child->root, SHARED, PAGE, 0, 0,
                           share, NULL, &stale, NULL), "share");
#ifndef WITHOUT_NARROWING_INVALIDATION
  forget(&stale);
#endif
}

void process_exec(struct process *process) {
  unmap(process, HEAP, HEAP_SIZE);
  unmap(process, SHARED, PAGE);
  process->heap = 0;
}

void process_exit(struct process *process) {
  struct fallow_stale stale = {0};
  process_exec(process);
  require(fallow_user_unmap(process->root, 0, MACHINE_SIZE, &stale, NULL),
          "unmap the machine");
  forget(&stale);
  require(fallow_end_user_space(process->root, NULL), "end");
}

void process_resize(struct process *process, uint64_t heap) {
  if (heap < process->heap) unmap(process, HEAP + heap, process->heap - heap);
  process->heap = heap;
}

static void map(struct process *process, uint64_t address) {
  require(fallow_user_map(process->root, address, PAGE, frame_take() * PAGE,
                          DATA, NULL), "map a page");
}

void process_share(struct process *process) { map(process, SHARED); }

/* Gives the process a page of its own at `address`, which it shares with
 * others. */
static void copy_on_write(struct process *process, uint64_t address,
                          uint64_t shared) {
  struct fallow_stale stale = {0};
  struct fallow_leaf old;
  if (frame_shares(shared) == 1) {
    require(fallow_user_change(process->root, address, PAGE, FALLOW_WRITABLE,
                               FALLOW_SOFTWARE_0, &stale, NULL), "widen");
    return forget(&stale);
  }
  uint64_t copy = frame_take();
  for (unsigned i = 0; i < PAGE / 8; i++)
    frame_words(copy)[i] = frame_words(shared)[i];
#ifdef WITHOUT_REMAP_FLUSH
  flush_is_left_out = true;
#endif
  require(fallow_user_remap(process->root, address, 1, copy * PAGE, DATA, true,
                            &old, &stale, NULL), "remap");
  flush_is_left_out = false;
  forget(&stale);
  frame_put(shared);
}

bool process_fault(struct process *process, uint64_t address, bool is_store) {
  struct fallow_translation found;
  uint64_t page = address & ~(PAGE - 1);
  if (!fallow_user_translate(process->root, page, &found)) {
    if (page < HEAP || page >= HEAP + process->heap) return false;
    map(process, page);
  } else if (is_store && found.attributes & FALLOW_SOFTWARE_0) {
    copy_on_write(process, page, found.address / PAGE);
  } else {
    return false;
  }
  return true;
}

void process_run(struct process *process) {
  machine_set_roots(process->root * PAGE, process->root * PAGE);
}

uint64_t process_load(struct process *process, uint64_t address) {
  for (;;) {
    struct machine_probe probe = machine_probe_load(address);
    if (!(probe.fault >> 63)) return probe.value;
    if (!process_fault(process, address, false)) stop("no load at", address);
  }
}

void process_store(struct process *process, uint64_t address, uint64_t value) {
  for (;;) {
    struct machine_probe probe = machine_probe_store(address, value);
    if (!(probe.fault >> 63)) return;
    if (!process_fault(process, address, true)) stop("no store at", address);
  }
}
