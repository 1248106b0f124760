/* SPDX-License-Identifier: Apache-2.0 */

/* Fallow for kernels in C: address spaces, the devices that walk them, and the
 * reclamation of their tables, in the format that the archive was built for.
 * The library is Embedded Swift; it needs no runtime, allocates nothing, uses
 * no vector or floating-point register, and calls the functions named
 * fallow_kernel_*, which the kernel provides.
 *
 * Addresses and sizes are in bytes, frames are numbers of 4 KiB frames. A
 * space is known by the frame of its root.
 *
 * Invalid arguments change nothing. What depends on the state of the tables,
 * or on what a user asked for, is an outcome: FALLOW_INVALID_ADDRESS, and so
 * on. What only a bug of the kernel can hand in is a fault, and does not
 * return: a root that is none, a null pointer, a record that the library did
 * not fill in.
 *
 * Unless it says so, a function may be called on any CPU, and with interrupts
 * off. Functions that "sleep" call fallow_kernel_lock,
 * fallow_kernel_await_readers or fallow_kernel_await_invalidations. Functions
 * on ranges that do not overlap may run at the same time; the caller keeps
 * those on overlapping ranges apart. */
#ifndef FALLOW_H
#define FALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FALLOW_STATIC_ASSERT(holds) static_assert(holds, #holds)
extern "C" {
#else
#define FALLOW_STATIC_ASSERT(holds) _Static_assert(holds, #holds)
#endif

#define FALLOW_VERSION_MAJOR 0
#define FALLOW_VERSION_MINOR 2
#define FALLOW_VERSION_PATCH 0
#define FALLOW_VERSION                                             \
  (FALLOW_VERSION_MAJOR * 1000000 + FALLOW_VERSION_MINOR * 1000 +  \
   FALLOW_VERSION_PATCH)

/* The format of the tables; Scripts/c-library.sh sets FALLOW_FORMAT. */
#define FALLOW_FORMAT_X86_4 1
#define FALLOW_FORMAT_X86_5 2
#define FALLOW_FORMAT_SV39 3
#define FALLOW_FORMAT_SV48 4
#define FALLOW_FORMAT_SV57 5
#define FALLOW_FORMAT_ARM64 6
/* Added to a format whose roots share nothing: a user's root has no entry of
 * the kernel's. */
#define FALLOW_FORMAT_OWN_ROOTS 16
#define FALLOW_FORMAT FALLOW_FORMAT_X86_4

/* The bytes of the descriptor of a frame. */
#define FALLOW_DESCRIPTOR_SIZE 32

/* The bytes of the library's words on a machine with so many CPUs. */
#define FALLOW_WORD_BYTES_SHARED 256
#define FALLOW_WORD_BYTES_PER_CPU 256
#define FALLOW_WORD_BYTES(cpus) \
  (FALLOW_WORD_BYTES_SHARED + FALLOW_WORD_BYTES_PER_CPU * (cpus))

/* No frame. */
#define FALLOW_NONE UINT64_MAX

/* What a leaf allows and records. A leaf with none of them can be read by the
 * kernel. */
enum {
  FALLOW_WRITABLE = 1 << 1,
  FALLOW_EXECUTABLE = 1 << 11,
  FALLOW_USER = 1 << 2,   /* not in the kernel half */
  FALLOW_GLOBAL = 1 << 8, /* not in a user half */
  FALLOW_ACCESSED = 1 << 5,
  FALLOW_DIRTY = 1 << 6,
  FALLOW_UNCACHED = 1 << 4,        /* at most one of */
  FALLOW_WRITE_COMBINING = 1 << 3, /* the two */
  FALLOW_UNREADABLE = 1 << 12,
  FALLOW_SOFTWARE_0 = 1 << 9,  /* no walker looks at these two: */
  FALLOW_SOFTWARE_1 = 1 << 10, /* they are the kernel's */
};

/* How an operation ended. */
enum fallow_outcome {
  FALLOW_DONE = 0,
  FALLOW_OCCUPIED = 1,      /* something is mapped at the address */
  FALLOW_OUT_OF_FRAMES = 2, /* no frame for a table */
  FALLOW_PARTIAL_LEAF = 3,  /* a leaf reaches out of the range: split it */
  FALLOW_NOT_MAPPED = 4,    /* nothing is mapped there */
  FALLOW_UNSUPPORTED_ATTRIBUTES = 5, /* `attributes` of the error says which */
  FALLOW_REQUIRES_BREAK = 6,   /* the architecture demands break-before-make */
  FALLOW_INVALID_ADDRESS = 7,  /* misaligned, too wide, not of this half */
  FALLOW_INVALID_LEVEL = 8,    /* no leaf of that level, here or at all */
  FALLOW_NOT_COLLAPSIBLE = 9,  /* one leaf cannot say what the table says */
  FALLOW_UNSUPPORTED_ENTRY = 10, /* an entry that the library did not write */
  /* Why a space does not end. */
  FALLOW_MAPPED = 11, /* something is mapped at the address */
  FALLOW_BOUND = 12,  /* a device walks it */
  FALLOW_SHARED = 13, /* user spaces share the kernel half */
  /* Why a device is not bound, or does not leave. */
  FALLOW_UNKNOWN_DEVICE = 14,
  FALLOW_NOT_COHERENT = 15,
  FALLOW_PASID_NOT_FREE = 16, /* the device, or another space, has it */
  FALLOW_OTHER_PASID = 17,    /* devices share the space under another one */
  FALLOW_TOO_MANY_DEVICES = 18,
  FALLOW_PASID_TOO_WIDE = 19,
  FALLOW_PASID_RESERVED = 20,
  FALLOW_LEAVING = 21,
  FALLOW_NOT_BOUND = 22,
  FALLOW_UNANSWERED = 23, /* a device or an IOMMU did not answer: ask again */
  FALLOW_KERNEL_HALF_NOT_WALKED = 24, /* the IOMMU walks user halves alone */
};

/* Where an operation stopped. Everything before `address` is done, and nothing
 * from there on has changed; after FALLOW_DONE it is left as it was. Where a
 * function takes one, it may be null. */
struct fallow_error {
  uint64_t address;
  uint32_t attributes; /* those that are not supported */
  uint32_t level;      /* of the entry in question */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_error) == 16);

/* What is wrong with what was handed in. */
enum fallow_fault {
  FALLOW_WRONG_MARK = 0,  /* not of the half that the function is for */
  FALLOW_WRONG_STATE = 1, /* not a table in the state that it should be in */
  FALLOW_WRONG_SPACE = 2, /* of another address space */
  FALLOW_OUT_OF_RANGE = 3, /* a frame that has no descriptor */
  /* Those of the library's own allocator, which a kernel in C does not use. */
  FALLOW_NOT_MANAGED = 4,
  FALLOW_MANAGED_TWICE = 5,
  FALLOW_WRONG_ZONE = 6,
  FALLOW_ALREADY_FREE = 7,
  FALLOW_INSIDE_BLOCK = 8,
  FALLOW_WRONG_ORDER = 9,
  FALLOW_TABLE_IN_USE = 10,
  /* Those without a frame. */
  FALLOW_NOT_STARTED = 32,   /* fallow_start was not called */
  FALLOW_STARTED_TWICE = 33,
  FALLOW_NULL_POINTER = 34,
  FALLOW_INVALID_MACHINE = 35, /* struct fallow_machine */
  FALLOW_INVALID_RECORD = 36,  /* one that the library did not fill in, or a
                                * copy of one */
};

/* Where the machine's memory is seen, and what its CPUs and IOMMUs can do. All
 * of the memory stays where it is. */
struct fallow_machine {
  void *memory;         /* frames from `first_frame` on, in one piece */
  uint64_t first_frame; /* the number of the first */
  uint64_t frame_count; /* how many there are */
  void *descriptors;    /* FALLOW_DESCRIPTOR_SIZE bytes each, zero */
  void *words;          /* FALLOW_WORD_BYTES(cpus) bytes, zero */
  uint32_t cpus;        /* how many CPUs there are, at most 4096 */
  uint8_t max_leaf_level; /* 0, or the highest level at which the CPUs and the
                           * IOMMUs accept leaves: 2 without 1 GiB leaves */
  uint8_t physical_bits;  /* 0, or the width of physical addresses */
  uint8_t has_no_memory_types;  /* 1 on RISC-V without Svpbmt */
  uint8_t records_no_use; /* 1 where walkers fault instead of setting accessed
                           * and dirty: new leaves have them then */
  uint8_t replaces_live_entries; /* 1 on AArch64 with FEAT_BBM level 2 */
  uint8_t reserved[7];           /* 0 */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_machine) == 56);
FALLOW_STATIC_ASSERT(offsetof(struct fallow_machine, max_leaf_level) == 44);

/* Where an address leads. */
struct fallow_translation {
  uint64_t address;
  uint32_t attributes;
  uint32_t level; /* of the leaf; 1 is the smallest */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_translation) == 16);

/* A leaf. */
struct fallow_leaf {
  uint64_t start;   /* the first virtual address */
  uint64_t size;    /* how many bytes it maps */
  uint64_t address; /* where the first leads */
  uint32_t attributes;
  uint32_t level;
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_leaf) == 32);

/* Is called with leaves, the lowest address first, inside a read section: it
 * does not sleep, and does not call the library for the same space. */
typedef void fallow_visit(void *context, const struct fallow_leaf *leaf);

/* What devices may still use of one address space: leaves that were unmapped,
 * replaced or lost a right, and tables that were unlinked. Zero at first. Any
 * number of operations on the same space add to it, and fallow_forget empties
 * it. Not copied. */
struct fallow_stale {
  uint64_t start; /* the smallest range that covers it */
  uint64_t size;  /* 0 if nothing is stale */
  uint64_t library[3];
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_stale) == 40);

/* Frames that were taken for tables. Not copied. */
struct fallow_frames {
  uint64_t library;
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_frames) == 8);

/* A device that walks an address space. It stays where it is until the device
 * has left. */
struct fallow_binding {
  uint64_t root;
  uint32_t device;
  uint32_t pasid;
  struct fallow_binding *library;
};

/* A stale range that is to be forgotten later. It stays where it is until
 * `done` is called. */
struct fallow_deferred {
  struct fallow_stale stale;
  void (*done)(struct fallow_deferred *deferred);
  struct fallow_deferred *library;
};

/* FALLOW_DESCRIPTOR_SIZE and FALLOW_WORD_BYTES, as functions. */
size_t fallow_descriptor_size(void);
size_t fallow_word_bytes(uint32_t cpus);

/* Gives the library its memory. Once, before everything else, on one CPU. */
void fallow_start(const struct fallow_machine *machine);

/* -- Address spaces -------------------------------------------------------- */

/* Makes the kernel's address space: the frame of its root, or FALLOW_NONE if
 * there are not enough frames. */
uint64_t fallow_make_kernel_space(void);

/* Takes over the tables that boot code made, from `root` on, while the CPUs
 * walk them; no device does, and nobody changes them meanwhile. `is_reserved`
 * says whether a frame belongs to memory that fallow_kernel_free must not get.
 *
 * FALLOW_UNSUPPORTED_ENTRY: an entry at the address and of the level in
 * `error` that the library cannot represent; nothing has changed. */
enum fallow_outcome fallow_adopt_kernel_space(
    uint64_t root, bool (*is_reserved)(uint64_t frame),
    struct fallow_error *error);

/* Makes an address space of its own: over the kernel half of `kernel_root`,
 * or, where roots share nothing, with an empty root. The frame of its root, or
 * FALLOW_NONE if there is none. */
uint64_t fallow_make_user_space(uint64_t kernel_root);

/* End a space: its tables and its root go back. No CPU runs on it, and nobody
 * uses it any more. FALLOW_MAPPED, with the address, or FALLOW_BOUND, or
 * FALLOW_SHARED: nothing has changed. Sleep. */
enum fallow_outcome fallow_end_kernel_space(
    uint64_t root, struct fallow_error *error);
enum fallow_outcome fallow_end_user_space(
    uint64_t root, struct fallow_error *error);

/* -- Mappings -------------------------------------------------------------- */

/* Map `size` bytes from `start` on to the physical addresses from `address`
 * on, with the largest leaves that fit. In the kernel half an empty table
 * makes way for a larger leaf, and is retired. FALLOW_OCCUPIED and
 * FALLOW_OUT_OF_FRAMES: everything before the address is mapped. */
enum fallow_outcome fallow_map(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, struct fallow_error *error);
enum fallow_outcome fallow_user_map(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, struct fallow_error *error);

/* The same, with leaves of at most `max_level`: 1 is a page. */
enum fallow_outcome fallow_map_at_most(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, uint32_t max_level, struct fallow_error *error);
enum fallow_outcome fallow_user_map_at_most(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, uint32_t max_level, struct fallow_error *error);

/* Takes the frames that such a map needs for tables, at most; FALLOW_OUT_OF_
 * FRAMES: none is taken. `frames` is zero, or gains them. */
enum fallow_outcome fallow_reserve(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t max_level, struct fallow_frames *frames,
    struct fallow_error *error);
enum fallow_outcome fallow_user_reserve(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t max_level, struct fallow_frames *frames,
    struct fallow_error *error);

/* Like fallow_map_at_most, with those frames for its tables: it does not run
 * out, unless someone empties a table beside the range at the same moment. */
enum fallow_outcome fallow_map_reserved(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, uint32_t max_level, struct fallow_frames *frames,
    struct fallow_error *error);
enum fallow_outcome fallow_user_map_reserved(
    uint64_t root, uint64_t start, uint64_t size, uint64_t address,
    uint32_t attributes, uint32_t max_level, struct fallow_frames *frames,
    struct fallow_error *error);

/* Gives back what is left of them. */
void fallow_give_back(struct fallow_frames *frames);

/* Unmap what is mapped in a range, and add to `stale` what devices may still
 * use of it: the frames behind the leaves are used again once that is
 * forgotten. The CPUs have flushed. Tables that this leaves empty are retired
 * (kernel half) or become stale (user half). FALLOW_PARTIAL_LEAF: nothing has
 * changed.
 *
 * In the kernel half `stale` may be null where no device can have used the
 * range. */
enum fallow_outcome fallow_unmap(
    uint64_t root, uint64_t start, uint64_t size, struct fallow_stale *stale,
    struct fallow_error *error);
enum fallow_outcome fallow_user_unmap(
    uint64_t root, uint64_t start, uint64_t size, struct fallow_stale *stale,
    struct fallow_error *error);

/* The same, and hand out each leaf that was there. What CPUs recorded in it is
 * final; what devices recorded is, where the leaf's table stayed. */
enum fallow_outcome fallow_unmap_visiting(
    uint64_t root, uint64_t start, uint64_t size, fallow_visit *visit,
    void *context, struct fallow_stale *stale, struct fallow_error *error);
enum fallow_outcome fallow_user_unmap_visiting(
    uint64_t root, uint64_t start, uint64_t size, fallow_visit *visit,
    void *context, struct fallow_stale *stale, struct fallow_error *error);

/* -- Changes of what is mapped --------------------------------------------- */

/* Set and clear attributes of every leaf in a range; what is in both is set.
 * What walkers record meanwhile is not lost. A right that was taken away is
 * gone once `stale`, which it is added to, is forgotten. FALLOW_PARTIAL_LEAF,
 * FALLOW_REQUIRES_BREAK: nothing has changed. */
enum fallow_outcome fallow_change(
    uint64_t root, uint64_t start, uint64_t size, uint32_t set, uint32_t clear,
    struct fallow_stale *stale, struct fallow_error *error);
enum fallow_outcome fallow_user_change(
    uint64_t root, uint64_t start, uint64_t size, uint32_t set, uint32_t clear,
    struct fallow_stale *stale, struct fallow_error *error);

/* The same: what every leaf has is exactly `attributes`, but that accessed and
 * dirty are not cleared. */
enum fallow_outcome fallow_protect(
    uint64_t root, uint64_t start, uint64_t size, uint32_t attributes,
    struct fallow_stale *stale, struct fallow_error *error);
enum fallow_outcome fallow_user_protect(
    uint64_t root, uint64_t start, uint64_t size, uint32_t attributes,
    struct fallow_stale *stale, struct fallow_error *error);

/* Replace the leaf of `level` at `address` by one that leads to `target`, in
 * one step, and hand the old one out in `old`: a copy on write. `breaks` says
 * that the addresses may lead nowhere for a moment: AArch64 demands it. The
 * old frames are used again once `stale` is forgotten. */
enum fallow_outcome fallow_remap(
    uint64_t root, uint64_t address, uint32_t level, uint64_t target,
    uint32_t attributes, bool breaks, struct fallow_leaf *old,
    struct fallow_stale *stale, struct fallow_error *error);
enum fallow_outcome fallow_user_remap(
    uint64_t root, uint64_t address, uint32_t level, uint64_t target,
    uint32_t attributes, bool breaks, struct fallow_leaf *old,
    struct fallow_stale *stale, struct fallow_error *error);

/* Take accessed, dirty or both (`bits`) out of every leaf, and show each that
 * had one as it was. A device records its next use once `stale` is
 * forgotten. */
enum fallow_outcome fallow_harvest(
    uint64_t root, uint64_t start, uint64_t size, uint32_t bits,
    fallow_visit *visit, void *context, struct fallow_stale *stale,
    struct fallow_error *error);
enum fallow_outcome fallow_user_harvest(
    uint64_t root, uint64_t start, uint64_t size, uint32_t bits,
    fallow_visit *visit, void *context, struct fallow_stale *stale,
    struct fallow_error *error);

/* Maps every leaf of a range in a second space, at the same address: fork.
 * Where a leaf is writable, `set` is set and `clear` is cleared in both:
 * FALLOW_ SOFTWARE_0 and FALLOW_WRITABLE for a copy on write, 0 and 0 for
 * memory that stays shared. `visit`, which may be null, is called for each
 * leaf that is now mapped twice. The child runs once `stale`, of the parent,
 * is forgotten. A leaf of the child that is not writable is not dirty: the
 * parent's says that.
 *
 * FALLOW_PARTIAL_LEAF: nothing has changed. FALLOW_OUT_OF_FRAMES,
 * FALLOW_OCCUPIED: what lies before the address is mapped in both; the caller
 * unmaps it in the child. Nobody else changes either range meanwhile. */
enum fallow_outcome fallow_user_copy(
    uint64_t parent, uint64_t child, uint64_t start, uint64_t size,
    uint32_t set, uint32_t clear, fallow_visit *visit, void *context,
    struct fallow_stale *stale, struct fallow_error *error);

/* Replace the leaf of `level`, 2 or more, at `address` by a table of leaves
 * that say the same. */
enum fallow_outcome fallow_split(
    uint64_t root, uint64_t address, uint32_t level, bool breaks,
    struct fallow_error *error);
enum fallow_outcome fallow_user_split(
    uint64_t root, uint64_t address, uint32_t level, bool breaks,
    struct fallow_error *error);

/* Replace a full table by one leaf of `level` that says the same. The table is
 * retired (kernel half) or becomes stale (user half). */
enum fallow_outcome fallow_collapse(
    uint64_t root, uint64_t address, uint32_t level, bool breaks,
    struct fallow_error *error);
enum fallow_outcome fallow_user_collapse(
    uint64_t root, uint64_t address, uint32_t level, bool breaks,
    struct fallow_stale *stale, struct fallow_error *error);

/* -- Questions ------------------------------------------------------------- */

/* False if nothing is mapped at `address`. Take no lock. A user space answers
 * for the kernel half too, where it shares it. */
bool fallow_translate(uint64_t root, uint64_t address,
                      struct fallow_translation *translation);
bool fallow_user_translate(uint64_t root, uint64_t address,
                           struct fallow_translation *translation);

/* Show every leaf of a range. */
enum fallow_outcome fallow_walk(
    uint64_t root, uint64_t start, uint64_t size, fallow_visit *visit,
    void *context, struct fallow_error *error);
enum fallow_outcome fallow_user_walk(
    uint64_t root, uint64_t start, uint64_t size, fallow_visit *visit,
    void *context, struct fallow_error *error);

/* The first leaf that reaches into a range; FALLOW_NOT_MAPPED if there is
 * none. */
enum fallow_outcome fallow_next(
    uint64_t root, uint64_t start, uint64_t size, struct fallow_leaf *leaf,
    struct fallow_error *error);
enum fallow_outcome fallow_user_next(
    uint64_t root, uint64_t start, uint64_t size, struct fallow_leaf *leaf,
    struct fallow_error *error);

/* The first address of a range from which on `hole` bytes are not mapped, a
 * multiple of `alignment`, which is a power of two; FALLOW_OCCUPIED if there
 * is none. Nothing is reserved. */
enum fallow_outcome fallow_next_hole(
    uint64_t root, uint64_t start, uint64_t size, uint64_t hole,
    uint64_t alignment, uint64_t *address, struct fallow_error *error);
enum fallow_outcome fallow_user_next_hole(
    uint64_t root, uint64_t start, uint64_t size, uint64_t hole,
    uint64_t alignment, uint64_t *address, struct fallow_error *error);

/* -- Devices --------------------------------------------------------------- */

/* The PASID of devices that issue requests without one: `tag` is a number of
 * 16 bits that no other space has. */
#define FALLOW_WITHOUT_PASID(tag) (UINT32_C(1) << 31 | (uint32_t)(tag))

/* Lets a device, a number of the kernel's of at most 16 bits, walk a space:
 * announces it, and calls fallow_kernel_attach. A space has one PASID,
 * whatever devices share it, and no two have the same. The first is for a
 * kernel space. Sleep. */
enum fallow_outcome fallow_bind(
    uint64_t root, uint32_t device, uint32_t pasid,
    struct fallow_binding *binding);
enum fallow_outcome fallow_user_bind(
    uint64_t root, uint32_t device, uint32_t pasid,
    struct fallow_binding *binding);

/* Makes it leave: calls fallow_kernel_detach, and waits until nothing of the
 * space is cached for it. FALLOW_UNANSWERED: it still counts as bound; ask
 * again. FALLOW_NOT_BOUND: the binding is none. Sleeps. */
enum fallow_outcome fallow_unbind(struct fallow_binding *binding);

/* -- Reclamation ----------------------------------------------------------- */

/* Makes every device that walks the space forget what is stale, and gives back
 * its tables. FALLOW_DONE: `stale` is empty, and its frames may be used again.
 * FALLOW_UNANSWERED: it is not; ask again. Sleeps. */
enum fallow_outcome fallow_forget(struct fallow_stale *stale);

/* Leaves that to the worker, which calls `done` when it is FALLOW_DONE; where
 * a device does not answer, it asks again in a later run. `stale` of
 * `deferred` is what is to be forgotten. Does not sleep. */
void fallow_forget_later(struct fallow_deferred *deferred);

/* The worker's body: invalidates once, releases every retired table, and
 * forgets what was left to it. Runs after fallow_kernel_schedule_worker, once
 * at a time. Sleeps. */
void fallow_reclaim(void);

/* How many tables wait to be released. */
uint64_t fallow_quarantined(void);

/* -- What the kernel provides ---------------------------------------------- *
 *
 * Each names the context that it is called in, and what it guarantees. "Any"
 * is wherever the kernel calls a function that does not sleep, with whatever
 * locks it holds then; none is called inside a read section unless it says so.
 * "Orders" names what it does to memory, for a CPU that can reorder. */

/* Take and give back a block of 2^order frames; FALLOW_NONE if there is none.
 * Context: any, inside read sections too; they do not sleep, and not call the
 * library. Orders: what was written before a free is seen after the allocation
 * that returns the block, as a lock does. */
uint64_t fallow_kernel_allocate(uint32_t order);
void fallow_kernel_free(uint64_t block, uint32_t order);

/* The CPU that runs the caller: 0 to `cpus` - 1. Context: any, inside read
 * sections too. The caller may be moved to another CPU afterwards. */
uint32_t fallow_kernel_current_cpu(void);

/* Makes every CPU forget the translations of a range, and, if `tables`, the
 * pointers to tables that it cached: of the space from `root` on, or, for
 * FALLOW_NONE, of the kernel half, in every space. Returns when all have.
 * Context: any; it may wait for other CPUs, but not for a read section of this
 * one. A kernel that interrupts the others answers such interrupts while it
 * waits. Orders: stores before the call are seen by walks after it. x86-64:
 * invlpg, or CR3, on each. RISC-V: fence rw,rw before the interrupt,
 * sfence.vma on each. AArch64: dsb ishst; tlbi vale1is (vae1is if `tables`);
 * dsb ish; isb. */
void fallow_kernel_flush_cpus(uint64_t root, uint64_t start, uint64_t size,
                              bool tables);

/* Makes new entries for a range visible to this CPU's walks. An archive for
 * x86-64 does not call it: there is nothing to do. Context: any. RISC-V:
 * sfence.vma, or nothing if every hart has Svvptc; a hart that faults on a new
 * entry tries again after its own sfence.vma. AArch64: dsb ishst; isb. */
void fallow_kernel_publish(uint64_t root, uint64_t start, uint64_t size);

/* Begin and end a read section, in which the caller does not sleep. They nest.
 * Context: any. Orders: what a read section reads, it reads between the two; a
 * kernel without preemption and with interrupts off in them needs a compiler
 * barrier only. */
void fallow_kernel_enter_read_section(void);
void fallow_kernel_leave_read_section(void);

/* Returns when every read section that had begun has ended. Context: a
 * function that sleeps, with no spin lock held. Orders: like a full fence on
 * every CPU. */
void fallow_kernel_await_readers(void);

/* Take and give back a lock that its holder may sleep under. Lock 0 is taken
 * before lock 1. Context: a function that sleeps. Orders: acquire, release. */
#define FALLOW_LOCKS 2
void fallow_kernel_lock(uint32_t lock);
void fallow_kernel_unlock(uint32_t lock);

/* Makes a thread call fallow_reclaim after `delay` nanoseconds, once more if
 * it runs already; an earlier call is not put off. Context: any, inside read
 * sections too. Orders: what was written before is seen by that run. */
void fallow_kernel_schedule_worker(uint64_t delay);

/* Lets `device` walk from `root` under `pasid`: writes the entry of its IOMMU
 * that says so. False if there is no such device; nothing has changed then.
 * Context: a function that sleeps, under lock 1. Guarantees: nothing of the
 * PASID is cached when the device's first walk begins, and that walk sees what
 * was written before (x86-64: nothing more; RISC-V: fence rw,ow before the
 * store that makes it live; AArch64: dsb ishst). */
bool fallow_kernel_attach(uint64_t root, uint32_t device, uint32_t pasid);

/* Makes `device` begin no new walk under `pasid`: clears that entry, and puts
 * into the IOMMU's queue that it is to be forgotten. Called again after
 * FALLOW_UNANSWERED. Context: as fallow_kernel_attach. */
void fallow_kernel_detach(uint32_t device, uint32_t pasid);

/* Puts into the queues of the IOMMUs that they are to forget what they cached
 * under `pasid`, table pointers and global leaves included: `size` bytes from
 * `start` on, or all of it if `size` is 0. Does not wait. Context: as
 * fallow_kernel_attach. Orders: stores before it are seen by walks after the
 * invalidation (RISC-V: fence rw,ow before the doorbell; AArch64: dsb ish). */
void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size);

/* Returns when all that was put into the queues before is done, by device TLBs
 * too, and no access that used it is under way; false if an IOMMU did not
 * answer: then nothing is released. Context: a function that sleeps, with no
 * lock of the library. Orders: what devices wrote is seen after it. */
bool fallow_kernel_await_invalidations(void);

/* A bug of the kernel: `fault` says what, `frame` which frame, or FALLOW_NONE.
 * Does not return. Context: any, inside read sections and under locks too. */
void fallow_kernel_fault(enum fallow_fault fault, uint64_t frame);

#ifdef __cplusplus
}
#endif

#endif
