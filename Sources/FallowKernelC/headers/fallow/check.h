/* What a C file says about how it is searched: fallow check --c FILE.c
 *
 * The file is compiled as it is, and each of its accesses to memory becomes a
 * step. It has no main and registers nothing: the macros below put what they
 * declare into sections that the tool reads. */
#ifndef FALLOW_CHECK_H
#define FALLOW_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of kernel addresses that one entry of the root covers. */
struct fallow_slot {
  /* Its first address, and the first one after it. */
  unsigned long start, end;
  /* An entry that maps its first page. */
  unsigned long leaf;
  int number;
  /* Where the root's entry stands, and where the leaf does in its table. */
  int root_index, leaf_index;
};

/* What a slot holds between operations. */
enum fallow_state {
  /* The tables map nothing there. */
  FALLOW_EMPTY,
  /* `leaf` stands at `leaf_index` of the table at `root_index`. */
  FALLOW_MAPPED,
  /* Nothing more is done there. */
  FALLOW_OVER,
  /* An entry stands there, where to it leads is not looked at: by a table that
   * slots share, for example. */
  FALLOW_SHARED,
  /* `leaf` stands there without the right to write, and no walker may write
   * through it any more. */
  FALLOW_READ_ONLY,
  /* Any, and the slot is not claimed. */
  FALLOW_ANY = 99
};

/* ---- Declarations ---- */

struct fallow_operation_declaration {
  const char *name;
  void *function;
  int kind, from, to, cpus;
};

struct fallow_machine_declaration {
  /* CPUs that run operations. */
  int cpus;
  /* Slots: at most two. */
  int slots;
  /* Frames for tables, besides the root's: at most seven. */
  int tables;
  /* Where there are none no device shares the space, ever. */
  int iommus;
  /* Address spaces that devices behind every IOMMU share. */
  int pasids;
  /* Interrupts that may be on CPU 0 at once. */
  int interrupts;
  /* How many stores of a CPU others may see late. */
  int store_buffers;
  /* How many objects kmalloc can have handed out at once. */
  int objects;
  /* Whether each IOMMU has a device with a TLB of its own. */
  int ats;
  /* Whether an IOMMU may fail to answer. */
  int failing_invalidations;
  /* Whether kmalloc may fail. */
  int failing_allocations;
  /* Whether no device shares the space at first. */
  int unshared;
  /* Whether a flush of the CPUs' TLBs is a command to all of them (Arm), which
   * interrupts none. */
  int broadcast_flush;
  /* Levels of the tables, the root's among them: 2 or 3. */
  int levels;
  /* Whether only IOMMUs walk the tables, no CPU. */
  int only_iommus_walk;
  /* Whether it is kept apart what each CPU caches: one can flush itself. */
  int cpus_cache_apart;
  /* The CPUs that walk the tables at first, a bit each; the worker's and that
   * of callbacks come after the others. */
  int walking_cpus;
  /* Under how many ASIDs CPUs cache: at most four. */
  int asids;
  /* Whether IOMMUs read tables past the CPUs' caches. */
  int no_snoop;
  /* Whether interrupts come to each CPU in turn, not to CPU 0 alone. */
  int interrupts_on_each_cpu;
  /* Whether an operation may go on on another CPU, unless preemption or its
   * interrupts are off or it holds a spin lock. */
  int migrates;
  /* Whether walkers set the accessed and the dirty bit of leaves. */
  int walkers_set_bits;
};

/* The levels that fallow/linux.h has names for. A program with three defines it
 * before it includes that. */
#ifndef FALLOW_LEVELS
#define FALLOW_LEVELS 2
#endif

#define FALLOW_IN_SECTION_(name) __attribute__((used, section(name)))

/* The machine: FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 2); */
#define FALLOW_MACHINE(...) \
  _Pragma("clang diagnostic push") \
  _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"") \
  static const struct fallow_machine_declaration fallow_machine_declared \
      FALLOW_IN_SECTION_("fallow_machine") = { \
          .cpus = 2, .slots = 1, .tables = 2, .iommus = 1, .pasids = 1, \
          .objects = 2, .levels = FALLOW_LEVELS, .walking_cpus = 0xff, \
          .asids = 1, __VA_ARGS__ }; \
  _Pragma("clang diagnostic pop") \
  struct fallow_machine_declaration

#define FALLOW_DECLARE_(name, kind, from, to, cpus) \
  static bool name(const struct fallow_slot *); \
  static const struct fallow_operation_declaration fallow_declared_##name \
      FALLOW_IN_SECTION_("fallow_operations") = { \
          #name, (void *)name, kind, from, to, cpus}; \
  static bool name(const struct fallow_slot *slot)

/* A function that any CPU may begin on a slot that is `from`; the slot is `to`
 * after it has returned true. Its body follows:
 *
 *   FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED) { ...; return true; }
 */
#define FALLOW_OPERATION(name, from, to) \
  FALLOW_DECLARE_(name, 0, from, to, 0x7f)

/* The same on the CPUs of a mask. */
#define FALLOW_OPERATION_ON(cpus, name, from, to) \
  FALLOW_DECLARE_(name, 0, from, to, cpus)

/* A function that claims no slot, and may begin on one that others work on. */
#define FALLOW_READER(name) \
  FALLOW_DECLARE_(name, 0, FALLOW_ANY, FALLOW_ANY, 0x7f)
#define FALLOW_READER_ON(cpus, name) \
  FALLOW_DECLARE_(name, 0, FALLOW_ANY, FALLOW_ANY, cpus)

/* A function that comes to CPU 0 whenever its interrupts are on. */
#define FALLOW_INTERRUPT(name) \
  FALLOW_DECLARE_(name, 1, FALLOW_ANY, FALLOW_ANY, 0)

/* A function that runs before everything else. */
#define FALLOW_SETUP(name) \
  FALLOW_DECLARE_(name, 2, FALLOW_ANY, FALLOW_ANY, 0)

/* ---- What the search is asked ---- */

/* What must hold; the search ends where it does not. */
void fallow_assert_that(bool holds);
#define fallow_assert(condition) fallow_assert_that(!!(condition))

/* Any number below `ways`: the search tries each. */
int fallow_choose(int ways);

/* ---- Memory ---- */

/* The table that CPUs and IOMMUs begin at. */
#define fallow_root() ((unsigned long *)fallow_table_of(0x5a3d000UL))

/* A table with no entry; null if no frame is free. */
void *fallow_alloc_table(void);
/* Gives the frame of a table back. */
void fallow_free_table(void *table);
/* An object of at most 64 bytes. */
void *fallow_alloc(uint64_t size);
void fallow_free(void *object);

/* Frames lie in one region, their descriptors in the next, at the same place;
 * a frame's number is the place of its page. */
enum { FALLOW_REGION_SHIFT_ = 39 };

/* The number of the frame at an address. */
static inline uint64_t fallow_number_of(const void *table)
{
  return ((uint64_t)table & ((1UL << FALLOW_REGION_SHIFT_) - 1)) >> 12;
}

/* The address of a frame: the region of frames is the one after the program's
 * own. */
static const char fallow_here_ = 0;
static inline void *fallow_table_of(uint64_t number)
{
  uint64_t region = ((uint64_t)&fallow_here_ >> FALLOW_REGION_SHIFT_) + 1;
  return (void *)(region << FALLOW_REGION_SHIFT_ | number << 12);
}

/* The descriptor of the frame at an address, and back. */
static inline void *fallow_descriptor_of(const void *table)
{
  return (void *)(((uint64_t)table & ~0xfffUL) + (1UL << FALLOW_REGION_SHIFT_));
}
static inline void *fallow_table_described_by(const void *descriptor)
{
  return (void *)(((uint64_t)descriptor & ~0xfffUL)
                  - (1UL << FALLOW_REGION_SHIFT_));
}

/* ---- Locks ---- */

void fallow_lock(void *);
void fallow_unlock(void *);
int fallow_trylock(void *);
/* The same for those whose holder may sleep. */
void fallow_mutex_lock(void *);
void fallow_mutex_unlock(void *);
int fallow_mutex_trylock(void *);
/* Waits until a number is not 0, and counts it down. */
void fallow_wait(void *count);
/* Ends the search if the caller must not sleep. */
void fallow_may_sleep(void);

/* ---- Read sections, interrupts, fences ---- */

void fallow_rcu_enter(void);
void fallow_rcu_leave(void);
void fallow_synchronize_rcu(void);
void fallow_irq_off(void);
void fallow_irq_on(void);
int fallow_irqs_disabled(void);
/* Waits until every other CPU has taken an interrupt. */
void fallow_interrupt_cpus(void);
void fallow_smp_mb(void);
int fallow_cpu(void);
/* The number of what runs: one of a CPU, the worker's, that of callbacks, or
 * one of an interrupt. */
int fallow_actor(void);
/* How many numbers of CPUs there are, the worker's and that of callbacks among
 * them. */
int fallow_cpus(void);
/* Whether what follows runs on another CPU, where it may do nothing. */
void fallow_elsewhere(bool is_elsewhere);

/* ---- Calls that are put off ---- */

/* To the worker; false if `work` waits already. */
bool fallow_queue(void *work, void *function);
/* Waits until `work` neither waits nor is under way; all work if it is null. */
void fallow_flush(void *work);
/* Takes `work` back if it has not begun. */
bool fallow_cancel(void *work);
/* Until all readers have left, to an actor that must not sleep. */
void fallow_call_rcu(void *head, void *function);
void fallow_rcu_barrier(void);

/* ---- Walkers ---- */

/* Every CPU forgets what it cached of a range. */
void fallow_flush_tlb(uint64_t start, uint64_t end);
/* The same of leaves; pointers to tables may stay. */
void fallow_flush_tlb_leaves(uint64_t start, uint64_t end);
/* The caller's CPU does, and no other: .cpus_cache_apart. */
void fallow_flush_tlb_local(uint64_t start, uint64_t end);
/* The CPUs of a mask do. */
void fallow_flush_tlb_on(uint64_t cpus, uint64_t start, uint64_t end);
/* Every CPU forgets what it cached under an ASID. */
void fallow_flush_tlb_asid(int asid);
/* The caller's CPU walks the tables under an ASID from now on, or others if
 * that is negative. Every CPU walks under ASID 0 at first, if at all. */
void fallow_load_asid(int asid, bool keeps_caches);
/* What CPUs stored in entries of a table is in memory: .no_snoop. */
void fallow_write_back(const void *entries, uint64_t size);
/* Every IOMMU and device does; false if one did not answer. */
bool fallow_iommu_invalidate(uint64_t start, uint64_t end);
/* The pages that the operation's slot was mapped to go to another owner. */
void fallow_release_pages(const struct fallow_slot *);
/* A device shares the space under a PASID, or leaves it; false if it does
 * already, or did not. */
bool fallow_bind(int iommu, int pasid);
bool fallow_unbind(int iommu, int pasid);

#endif
