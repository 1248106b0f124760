/* The tests: each ends at its mark. */
#include "kernel.h"

#define ROUNDS 5000ul /* forks on each of the two CPUs */
#define ALIVE 3ul     /* children of one parent at the same time */

/* Runs when no process does. */
static struct process idle;

/* -- What the second CPU is asked ------------------------------------------ */

static void (*volatile asked)(void);

void second_step(void) {
  void (*work)(void) = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);
  if (!work) return;
  work();
  __atomic_store_n(&asked, (void (*)(void))0, __ATOMIC_RELEASE);
}

static void ask_second(void (*work)(void)) {
  __atomic_store_n(&asked, work, __ATOMIC_RELEASE);
}

static void await_second(void) {
  while (__atomic_load_n(&asked, __ATOMIC_ACQUIRE)) machine_pause();
}

/* -- One process, and its child -------------------------------------------- */

static void test_heap(struct process *process) {
  uint64_t before = frames_free();
  process_resize(process, 8 * PAGE);
  check(frames_free() == before, "a heap that grows takes no frame");
  check(process_load(process, HEAP + 5 * PAGE) == 0, "a lazy page is zero");
  process_store(process, HEAP + 7 * PAGE, 7);
  process_store(process, HEAP, 1);
  process_resize(process, 6 * PAGE);
  check(!process_fault(process, HEAP + 7 * PAGE, true),
        "a page beyond the heap is none");
  check(process_load(process, HEAP) == 1, "a heap that shrinks keeps the rest");
}

static void test_fork(struct process *parent) {
  struct process child;
  process_share(parent);
  process_store(parent, HEAP, 11);
  process_store(parent, SHARED, 12);
  process_fork(parent, &child);
  process_store(parent, HEAP, 21); /* copies */
  process_run(&child);
  check(process_load(&child, HEAP) == 11, "a child keeps what was there");
  process_store(&child, HEAP, 31); /* the last user: no copy */
  process_store(&child, SHARED, 32);
  process_run(parent);
  check(process_load(parent, HEAP) == 21, "a parent has what it wrote");
  check(process_load(parent, SHARED) == 32, "a shared page is shared");
  process_run(&child);
  process_exec(&child);
  process_resize(&child, PAGE);
  check(process_load(&child, HEAP) == 0, "exec leaves nothing");
  process_run(parent);
  process_exit(&child);
  check(process_load(parent, SHARED) == 32, "an exit leaves what is shared");
}

/* -- Two CPUs in one process ----------------------------------------------- */

static struct process *both;
static uint64_t seen[2];
static volatile unsigned step;

static void look_twice(void) {
  process_run(both);
  seen[0] = process_load(both, HEAP);
  step = 1;
  while (step != 2) machine_pause();
  seen[1] = process_load(both, HEAP);
  machine_set_roots(idle.root * PAGE, idle.root * PAGE);
}

static void test_second_cpu(struct process *parent) {
  struct process child;
  process_store(parent, HEAP, 41);
  process_fork(parent, &child);
  both = parent;
  ask_second(look_twice);
  while (step != 1) machine_pause();
  process_store(parent, HEAP, 42); /* the page is now another */
  step = 2;
  await_second();
  process_exit(&child);
  check(seen[0] == 41 && seen[1] == 42, "the other CPU sees a copy on write");
}

/* -- The device ------------------------------------------------------------ */

/* Has the device take a value from the process's memory. */
static void device_take(struct process *process, uint64_t value) {
  process_store(process, HEAP + 5 * PAGE, value);
  device_run(DEVICE_READS, HEAP + 5 * PAGE);
}

static void test_device(struct process *parent) {
  struct process child;
  process_resize(parent, 8 * PAGE);
  process_store(parent, HEAP, 1);
  process_store(parent, HEAP + 7 * PAGE, 1);
  device_take(parent, 51);
  device_run(DEVICE_WRITES, HEAP);
  device_run(DEVICE_WRITES, HEAP + 7 * PAGE);
  check(process_load(parent, HEAP) == 51, "a device writes a process's memory");

  /* A page that is unmapped, and used for something else. */
  process_resize(parent, 7 * PAGE);
  uint64_t frame = frame_take();
  frame_words(frame)[0] = 52;
  device_run(DEVICE_WRITES, HEAP + 7 * PAGE);
  uint64_t found = frame_words(frame)[0];
  frame_put(frame);
  check(found == 52, "a device does not reach a page that was unmapped");

  device_take(parent, 53);
  device_run(DEVICE_WRITES, HEAP); /* the right to write is cached */
  process_store(parent, HEAP, 54);
  process_fork(parent, &child);
  device_run(DEVICE_WRITES, HEAP);
  process_run(&child);
  uint64_t kept = process_load(&child, HEAP);
  process_run(parent);
  check(kept == 54, "a device does not write a page that a fork shares");
  process_fault(parent, HEAP, true); /* as an I/O page fault would */
  device_run(DEVICE_WRITES, HEAP);
  process_run(&child);
  kept = process_load(&child, HEAP);
  process_run(parent);
  check(process_load(parent, HEAP) == 53 && kept == 54,
        "a device writes the parent's copy");
  process_exit(&child);
}

/* -- The kernel's own memory ----------------------------------------------- */

/* Maps a small area, uses it, and unmaps it; every second is in a stretch of
 * its own, whose table goes with it. Each CPU has addresses of its own: no lock
 * is held from the search for a hole to the map. */
static void use_small_area(uint64_t number) {
  struct fallow_stale stale = {0};
  uint64_t start, frames[3], cpu = machine_current_cpu();
  bool has_table = number % 2 == 0;
  uint64_t size = has_table ? 256ul << 20 : 1ul << 20;
  uint64_t heap = KERNEL_HEAP + (cpu + has_table) * size;
  require(fallow_next_hole(kernel_root, heap, size, 3 * PAGE,
                           has_table ? 2ul << 20 : PAGE, &start, NULL),
          "find a hole");
  for (unsigned i = 0; i < 3; i++) {
    frames[i] = frame_take();
    require(fallow_map(kernel_root, start + i * PAGE, PAGE, frames[i] * PAGE,
                       FALLOW_WRITABLE | FALLOW_GLOBAL | FALLOW_ACCESSED |
                           FALLOW_DIRTY, NULL), "map an area");
    machine_store64(start + i * PAGE, number);
  }
  for (unsigned i = 0; i < 3; i++)
    if (machine_load64(start + i * PAGE) != number ||
        frame_words(frames[i])[0] != number)
      stop("a wrong byte in an area,", number);
  require(fallow_unmap(kernel_root, start, 3 * PAGE, &stale, NULL), "unmap it");
  forget(&stale);
  for (unsigned i = 0; i < 3; i++) frame_put(frames[i]);
}

static void test_small_areas(void) {
  uint64_t before = frames_free();
  for (uint64_t number = 0; number < 100; number++) use_small_area(number);
  worker_run();
  check(frames_free() == before && fallow_quarantined() == 0,
        "100 small areas come and go");
}

/* -- Everything at once ---------------------------------------------------- */

/* A parent and its children, on one CPU. */
struct family {
  struct process parent;
  struct process children[ALIVE];
  uint64_t kept[ALIVE]; /* what the device had written at the fork */
  uint64_t wrong;
};

/* The device copies what the parent wrote last to its first page. */
static enum { IS_READING, IS_WRITING } transfer;
static uint64_t written, transfers, refused;

static void drive_device(struct family *family) {
  struct process *parent = &family->parent;
  if (device_is_busy()) return;
  if (transfer == IS_READING) {
    transfer = IS_WRITING;
    return device_begin(DEVICE_WRITES, HEAP);
  }
  if (process_load(parent, HEAP) != written) {
    /* A fork took the right to write: the device asks again. */
    refused++;
    process_fault(parent, HEAP, true);
    device_run(DEVICE_WRITES, HEAP);
    if (process_load(parent, HEAP) != written) family->wrong++;
  }
  transfers++;
  process_store(parent, HEAP + PAGE, ++written);
  transfer = IS_READING;
  device_begin(DEVICE_READS, HEAP + PAGE);
}

static void exit_child(struct family *family, uint64_t round) {
  struct process *child = &family->children[round % ALIVE];
  process_run(child);
  if (process_load(child, HEAP) != family->kept[round % ALIVE] ||
      process_load(child, HEAP + 2 * PAGE) != round ||
      process_load(child, HEAP + 3 * PAGE) != ~round)
    family->wrong++;
  process_run(&family->parent);
  process_exit(child);
}

static void fork_child(struct family *family, uint64_t round) {
  struct process *parent = &family->parent;
  struct process *child = &family->children[round % ALIVE];
  process_store(parent, HEAP + 2 * PAGE, round);
  process_fork(parent, child);
  process_store(parent, HEAP + 2 * PAGE, 0);
  process_run(child);
  process_store(child, HEAP + 3 * PAGE, ~round);
  family->kept[round % ALIVE] = process_load(child, HEAP);
  process_run(parent);
}

static void run_family(struct family *family, bool has_device) {
  process_make(&family->parent);
  process_run(&family->parent);
  process_resize(&family->parent, 4 * PAGE);
  for (unsigned i = 0; i < 4; i++)
    process_store(&family->parent, HEAP + i * PAGE, 0);
  struct fallow_binding binding;
  if (has_device) {
    require(fallow_user_bind(family->parent.root, device_number(),
                             FALLOW_WITHOUT_PASID(1), &binding), "bind");
    device_begin(DEVICE_READS, HEAP + PAGE);
  }
  for (uint64_t round = 0; round < ROUNDS; round++) {
    if (round >= ALIVE) exit_child(family, round - ALIVE);
    fork_child(family, round);
    if (round % 8 == 0) use_small_area(round);
    if (has_device) drive_device(family);
    if (has_device && round % 16 == 0) worker_run();
  }
  for (uint64_t round = ROUNDS - ALIVE; round < ROUNDS; round++)
    exit_child(family, round);
  if (has_device) {
    while (device_is_busy()) machine_pause();
    require(fallow_unbind(&binding), "unbind");
  }
  machine_set_roots(idle.root * PAGE, idle.root * PAGE);
  process_exit(&family->parent);
}

static struct family families[2];
static void run_second_family(void) { run_family(&families[1], false); }

static void test_everything(void) {
  ask_second(run_second_family);
  run_family(&families[0], true);
  await_second();
  worker_run();
  check(families[0].wrong == 0 && families[1].wrong == 0,
        "10,000 forks and exits on two CPUs: no wrong byte");
  check(transfers > 10, "a device wrote all the while");
}

int main(void) {
  struct process process;
  struct fallow_binding binding;
  struct fallow_error error;
  cpu_start();
  memory_start();
  kernel_root = fallow_make_kernel_space();
  iommu_start();
  device_start();
  uint64_t before = frames_free();
  process_make(&idle);
  machine_set_roots(idle.root * PAGE, idle.root * PAGE);
  process_make(&process);
  process_run(&process);
  test_heap(&process);
  test_fork(&process);
  check(print_costs(process.root), "no operation costs more than it may");
  cpu_start_second(idle.root);
  test_second_cpu(&process);
  require(fallow_user_bind(process.root, device_number(),
                           FALLOW_WITHOUT_PASID(1), &binding), "bind");
  test_device(&process);
  test_small_areas();
  check(fallow_end_user_space(process.root, &error) == FALLOW_MAPPED,
        "a space in use does not end");
  require(fallow_unbind(&binding), "unbind");
  machine_set_roots(idle.root * PAGE, idle.root * PAGE);
  process_exit(&process);
  test_everything();
  /* What is left is what the second CPU runs on. */
  check(frames_free() + 1 + (FALLOW_FORMAT == FALLOW_FORMAT_X86_4) == before &&
            fallow_quarantined() == 0, "no frame is lost");
  print("1..20\n# the device wrote ");
  print_number(transfers);
  print(" times, ");
  print_number(refused);
  print(" of them once more after a fork\n");
  machine_exit(0x10);
  for (;;) machine_pause();
}
