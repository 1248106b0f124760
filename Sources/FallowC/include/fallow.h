/* Fallow for kernels in C: address spaces and the reclamation of their tables,
 * in the format that the archive was built for. The library is Embedded Swift;
 * it needs no runtime, allocates nothing, uses no vector or floating-point
 * register, and calls the functions named fallow_kernel_*, which the kernel
 * provides.
 *
 * Addresses and sizes are in bytes, frames are numbers of 4 KiB frames. */
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
#define FALLOW_VERSION_MINOR 1
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
  FALLOW_USER = 1 << 2,
  FALLOW_GLOBAL = 1 << 8,
  FALLOW_ACCESSED = 1 << 5,
  FALLOW_DIRTY = 1 << 6,
  FALLOW_UNCACHED = 1 << 4,
  FALLOW_WRITE_COMBINING = 1 << 3,
  FALLOW_UNREADABLE = 1 << 12,
  FALLOW_SOFTWARE_0 = 1 << 9,
  FALLOW_SOFTWARE_1 = 1 << 10,
};

/* How an operation ended. Where one stopped, everything before the address in
 * `stopped` is done, and nothing from there on has changed. */
enum {
  FALLOW_DONE = 0,
  FALLOW_OCCUPIED = 1,      /* something is mapped at `stopped` */
  FALLOW_OUT_OF_FRAMES = 2, /* no frame for a table at `stopped` */
  FALLOW_PARTIAL_LEAF = 3,  /* a leaf at `stopped` reaches out of the range */
  FALLOW_INEXPRESSIBLE = 4, /* `stopped` holds the attributes in question */
  FALLOW_INVALID = 5,       /* an address is misaligned, too wide, or not of
                             * this half; nothing has changed */
  FALLOW_IN_USE = 6,        /* something is mapped at the address; or, if that
                             * is 0, a device did not answer */
};

/* What is wrong with a frame that was handed in. */
enum {
  FALLOW_WRONG_MARK = 0,  /* not of the half that the operation is for */
  FALLOW_WRONG_STATE = 1, /* not a table in the state that it should be in */
  FALLOW_WRONG_SPACE = 2, /* a table of another address space */
  /* Those of the library's own allocator, which a kernel in C does not use. */
  FALLOW_OUT_OF_RANGE = 3,
  FALLOW_NOT_MANAGED = 4,
  FALLOW_MANAGED_TWICE = 5,
  FALLOW_WRONG_ZONE = 6,
  FALLOW_ALREADY_FREE = 7,
  FALLOW_INSIDE_BLOCK = 8,
  FALLOW_WRONG_ORDER = 9,
  FALLOW_TABLE_IN_USE = 10,
};

/* Where the machine's memory is seen. All of it stays where it is. */
struct fallow_memory {
  void *memory;           /* frames from `first_frame` on, in one piece */
  uint64_t first_frame;   /* the number of the first */
  uint64_t frame_count;   /* how many there are */
  void *descriptors;      /* FALLOW_DESCRIPTOR_SIZE bytes each, zero */
  void *words;            /* FALLOW_WORD_BYTES(cpus) bytes, zero */
  uint32_t cpus;          /* how many CPUs there are */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_memory) == 48);
FALLOW_STATIC_ASSERT(offsetof(struct fallow_memory, words) == 32);
FALLOW_STATIC_ASSERT(offsetof(struct fallow_memory, cpus) == 40);

/* Where an address leads. */
struct fallow_translation {
  uint64_t address;
  uint32_t attributes;
  uint32_t level; /* of the leaf: 1, 2 or 3 */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_translation) == 16);
FALLOW_STATIC_ASSERT(offsetof(struct fallow_translation, level) == 12);

/* FALLOW_DESCRIPTOR_SIZE and FALLOW_WORD_BYTES, as functions. */
size_t fallow_descriptor_size(void);
size_t fallow_word_bytes(uint32_t cpus);

/* Tells the library where it is. Once, before everything else. */
void fallow_start(const struct fallow_memory *memory);

/* Makes the kernel's address space: the frame of its root, or FALLOW_NONE if
 * there are no frames. */
uint64_t fallow_make_kernel_space(void);

/* Maps `size` bytes from `start` on to the physical addresses from `address`
 * on, with the largest leaves that fit. Ranges that do not overlap may be
 * worked on at the same time. */
int fallow_map(uint64_t root, uint64_t start, uint64_t size, uint64_t address,
               uint32_t attributes, uint64_t *stopped);

/* Unmaps what is mapped; empty tables are retired. */
int fallow_unmap(uint64_t root, uint64_t start, uint64_t size,
                 uint64_t *stopped);

/* Gives what is mapped new attributes. */
int fallow_protect(uint64_t root, uint64_t start, uint64_t size,
                   uint32_t attributes, uint64_t *stopped);

/* False if nothing is mapped at `address`. Takes no lock. */
bool fallow_translate(uint64_t root, uint64_t address,
                      struct fallow_translation *translation);

/* Makes an address space over the kernel half of another: the frame of its
 * root, or FALLOW_NONE if there are no frames or `pasid` is 0. Devices walk it
 * under `pasid`, which no other space has. */
uint64_t fallow_make_user_space(uint64_t kernel_root, uint32_t pasid);

/* Addresses of a user half that lead nowhere any more, while devices may still
 * reach the frames behind them. Never copied; the words after `size` are the
 * library's. */
struct fallow_unmapped {
  uint64_t start;
  uint64_t size;
  uint64_t library[3];
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_unmapped) == 40);

/* Like fallow_map, in the user half; may sleep. */
int fallow_user_map(uint64_t root, uint64_t start, uint64_t size,
                    uint64_t address, uint32_t attributes, uint64_t *stopped);

/* Unmaps what is mapped. Once it is FALLOW_DONE, `unmapped` is to be forgotten;
 * the frames behind its addresses are not reused before. If it is not, nothing
 * has changed. */
int fallow_user_unmap(uint64_t root, uint64_t start, uint64_t size,
                      struct fallow_unmapped *unmapped, uint64_t *stopped);

/* Makes every device that walks the space forget what was unmapped: true if
 * the frames behind it may be reused. False if one did not answer: then nothing
 * may be reused, the caller asks again, and the empty tables wait for
 * fallow_reclaim. Once it was true, another call is a fault. Sleeps. */
bool fallow_forget(struct fallow_unmapped *unmapped);

/* Like fallow_protect, in the user half. If `narrowed->size` is not 0, a right
 * was taken away, and counts as gone only once `narrowed` is forgotten: until
 * then a device may use it. */
int fallow_user_protect(uint64_t root, uint64_t start, uint64_t size,
                        uint32_t attributes, struct fallow_unmapped *narrowed,
                        uint64_t *stopped);

/* Ends a user space: its tables and its root go back. FALLOW_IN_USE, and
 * nothing has changed, while something is mapped; `*stopped` is where. No CPU
 * and no caller uses the space any more. Sleeps. */
int fallow_end_user_space(uint64_t root, uint64_t *stopped);

/* Like fallow_translate, in the user half. */
bool fallow_user_translate(uint64_t root, uint64_t address,
                           struct fallow_translation *translation);

/* The worker's body: invalidates once and releases every retired table. Runs
 * after fallow_kernel_schedule_worker; may sleep. */
void fallow_reclaim(void);

/* How many tables wait to be released. */
uint64_t fallow_quarantined(void);

/* What the kernel provides; `Platform` in the library's documentation says what
 * each has to guarantee. */
uint64_t fallow_kernel_allocate(uint32_t order); /* FALLOW_NONE if none */
void fallow_kernel_free(uint64_t block, uint32_t order);
uint32_t fallow_kernel_current_cpu(void);
void fallow_kernel_flush_cpus(uint64_t start, uint64_t size);
/* Makes new entries for a range visible to this CPU's table walks: sfence.vma
 * on RISC-V, unless every hart has Svvptc; dsb ishst and isb on AArch64. An
 * archive for x86-64 does not call it: there is nothing to do. */
void fallow_kernel_publish(uint64_t start, uint64_t size);
void fallow_kernel_enter_read_section(void);
void fallow_kernel_leave_read_section(void);
void fallow_kernel_await_readers(void);
void fallow_kernel_lock(uint32_t lock); /* 0: reclamation, 1: sharing */
void fallow_kernel_unlock(uint32_t lock);
void fallow_kernel_schedule_worker(void);
/* Tells the IOMMUs to forget what they cached under `pasid` of `size` bytes
 * from `start` on, or all of it if `size` is 0. PASID 0 stands for whatever
 * walks the kernel half without a user space. Does not wait. */
void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size);
/* Returns when all that was submitted is done; false if an IOMMU did not
 * answer: then nothing is released. */
bool fallow_kernel_await_invalidations(void);
/* Does not return. */
void fallow_kernel_fault(uint32_t fault, uint64_t frame);

#ifdef __cplusplus
}
#endif

#endif
