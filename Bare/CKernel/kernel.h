/* A small kernel in C on Fallow: processes, their memory, a device that uses
 * it, two CPUs. What a process does is done by the kernel on the process's
 * tables, by accesses that may fault.
 *
 * WITHOUT_DEVICE_INVALIDATION, WITHOUT_NARROWING_INVALIDATION and
 * WITHOUT_REMAP_FLUSH leave one duty out, to show that a test finds it. */
#ifndef KERNEL_H
#define KERNEL_H

#include "CMachine.h"
#include "fallow.h"

#define PAGE 4096ul

/* Where things are, in every space. The lowest 4 GiB are the machine's own. */
#define MACHINE_SIZE (4ul << 30)
#define HEAP (16ul << 30)
#define HEAP_SIZE (256ul << 20)
#define SHARED (20ul << 30)
#if defined(__x86_64__)
#define KERNEL_HEAP 0xffffa00000000000ul
#else
#define KERNEL_HEAP 0xffffffd000000000ul
#endif
#define DATA \
  (FALLOW_WRITABLE | FALLOW_USER | FALLOW_ACCESSED | FALLOW_DIRTY)

/* memory.c: frames, each with a count of the leaves that map it. */
void memory_start(void);
uint64_t frame_take(void); /* of zeros; it stops the machine if there is none */
void frame_share(uint64_t frame);
void frame_put(uint64_t frame);
unsigned frame_shares(uint64_t frame);
uint64_t frames_free(void);
uint64_t *frame_words(uint64_t frame);

/* cpu.c: locks, calls of the other CPU, what the library asks of CPUs. */
struct spin_lock {
  unsigned is_taken;
};
void spin_lock(struct spin_lock *lock);
void spin_unlock(struct spin_lock *lock);
void cpu_start(void);
void cpu_start_second(uint64_t root);
void worker_run(void); /* if it is due */
extern bool flush_is_left_out;

/* Runs on the second CPU, over and over. */
void second_step(void);

/* iommu-*.c: the IOMMU, whose devices issue requests without a PASID. */
void iommu_start(void);
void iommu_attach(uint64_t root, uint32_t device, uint32_t tag);
void iommu_detach(uint32_t device);
void iommu_invalidate(void);
void iommu_wait(void);

/* device.c: edu, which copies 8 bytes at a time through a buffer of its own. */
#define DEVICE_READS 1u
#define DEVICE_WRITES 3u
void device_start(void);
uint32_t device_number(void);
void device_begin(unsigned command, uint64_t address);
bool device_is_busy(void);
void device_run(unsigned command, uint64_t address); /* begins, and waits */

/* process.c */
struct process {
  uint64_t root;
  uint64_t heap; /* its size in bytes */
};
void process_make(struct process *process);
void process_fork(struct process *parent, struct process *child);
void process_exec(struct process *process);
void process_exit(struct process *process); /* it runs nowhere */
void process_resize(struct process *process, uint64_t heap);
void process_share(struct process *process); /* gives it a shared page */
bool process_fault(struct process *process, uint64_t address, bool is_store);
void process_run(struct process *process); /* on this CPU */
uint64_t process_load(struct process *process, uint64_t address);
void process_store(struct process *process, uint64_t address, uint64_t value);
void forget(struct fallow_stale *stale);

/* costs.c: prints what operations cost; whether none costs more than it may. */
bool print_costs(uint64_t root);

/* console.c */
void print(const char *text);
void print_number(uint64_t number);
void check(bool holds, const char *name); /* a mark; the machine stops if not */
void stop(const char *why, uint64_t number) __attribute__((noreturn));
void require(enum fallow_outcome outcome, const char *what);

extern uint64_t kernel_root;

#endif
