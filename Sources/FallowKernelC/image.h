/* What the files of the runtime share. */
#pragma once
#include "FallowKernelC.h"
#include <setjmp.h>

/* Programs run on x86-64 alone; elsewhere the tool refuses them before it loads
 * one. */
#if defined(__x86_64__) && defined(__linux__)
#define FALLOW_RUNS_PROGRAMS 1
#else
#define FALLOW_RUNS_PROGRAMS 0
#endif

/* The regions of a program's memory. A pointer is kept in a word as its region
 * and its place there, so that words do not depend on where a program was
 * loaded; what points into frames and their descriptors has the pattern that
 * the explorer knows frames by. */
enum region { DATA, FRAMES, DESCRIPTORS, STACKS, HEAP, REGIONS };

/* The first region of the first image; below are none of the host's, and the
 * last lies below them too. */
#define FIRST_REGION 8ull
#define REGION_SHIFT 39
#define REGION_MASK ((1ull << REGION_SHIFT) - 1)
#define POINTER_MARK 0xf5a0ull
#define FRAME_PATTERN 0x5a3dull
#define FRAME_SHIFT 16

enum {
  MAX_IMAGES = 20,
  MAX_FRAMES = 8,
  MAX_ACTORS = 8,
  MAX_SECTIONS = 16,
  MAX_WORDS = 1024,
  OBJECT_WORDS = 8,
  DESCRIPTOR_WORDS = 6,
  STACK_PAIRS = 12,
  MAX_TOUCHED = 512,
  MAX_LOG = 256,
  STACK_SHIFT = 20,
  STACK_SIZE = 1 << 16,
  /* Above a stack nothing is mapped. */
  STACK_MARGIN = 4096,
  STACK_RESERVE = 1 << 13,
  MAX_CALLS = 8,
  MAX_STANDING = 1024,
};

/* Callee-saved registers and the stack pointer as a hook found them. */
struct registers {
  uint64_t rbx, rbp, r12, r13, r14, r15, rsp;
};

struct fallow_image {
  /* Read by hooks.S: see its offsets. */
  struct registers registers;
  uint64_t host_stack;
  uint64_t in_host;
  int64_t blocks;
  uint64_t stack_limit;
  uint64_t stack_low;

  const struct fallow_host *host;
  void *context;
  int number;
  uint64_t base[REGIONS];
  uint64_t size;
  struct {
    uint64_t start, size;
    int first;
  } section[MAX_SECTIONS];
  int sections;
  struct fallow_memory memory;
  const struct fallow_operation *operations;
  int operation_count;
  struct fallow_machine machine;
  uint64_t *initial;

  /* How far each actor's stack was used down to in its last run. */
  uint64_t used_from[MAX_ACTORS];
  int last_actor;

  /* The turn. */
  jmp_buf stop;
  bool is_running;
  const struct fallow_turn *turn;
  bool has_result;
  uint64_t run;
  /* The places that led to the access at hand, the innermost first. */
  uint64_t calls[MAX_CALLS];
  int call_count;
  bool is_stopping;
  /* Whether the program is at what another CPU would do. */
  bool is_elsewhere;
  /* Whether the operation has returned, and its last store is left. */
  bool has_returned;
  /* Where the operation's slot stands, and how many bytes at the top of the
   * stack are its own, which the turn has not changed. */
  uint64_t slot;
  uint64_t slot_size;
  /* A store that was announced, and is carried out at the next hook. */
  struct {
    uint64_t address;
    int count;
    uint64_t calls[MAX_CALLS];
    int call_count;
  } pending;
  int read_depth, off_depth, lock_depth;
  /* What the hook at hand was asked, which begins with a number, and how far it has come with what is more
   * than one access: sharing the stack, reading 16 bytes, copying. */
  uint64_t asked[4];
  uint64_t progress[5];
  /* Words of the own stack that were written, while none is shared. */
  bool shares_stack;
  bool has_untold;
  int touched_count;
  uint32_t touched_low;
  uint32_t touched[MAX_TOUCHED];
  /* What stood where in this run. */
  struct {
    uint64_t run, low, high;
  } stood[MAX_LOG];
  enum fallow_loops loops;
  uint64_t cuts;
  /* What hooks put into memory in this turn. */
  uint64_t shadow[MAX_WORDS];
};

/* The image whose program this thread runs. */
extern _Thread_local struct fallow_image *fallow_current;

/* Ends the turn. */
_Noreturn void fallow_stop(void);
_Noreturn void fallow_fail(enum fallow_fault, const char *detail);

/* memory.c */
enum place_kind { PLACE_PRIVATE, PLACE_OWN, PLACE_WORD, PLACE_ENTRY };
struct located {
  enum place_kind kind;
  struct fallow_place place;
};
struct located fallow_locate(uint64_t address, int count);
uint64_t fallow_encode(uint64_t value);
/* The same of what only the actor sees. */
uint64_t fallow_encode_own(uint64_t value);
uint64_t fallow_decode(uint64_t word);
uint64_t fallow_access(
    uint64_t address, int count, enum fallow_update, uint64_t operand,
    uint64_t expected);
/* The word of memory that an address lies in, shared or not; negative if it
 * lies in none. */
int fallow_word_at(uint64_t address);
/* Ends the search where another CPU would do something. */
void fallow_stay_here(void);
/* A lock, or a count that is waited for: negative word if nobody shares it. */
struct fallow_place fallow_lock_place(const void *, int count, bool is_shared);
void fallow_share_stack(void);

/* shadow.c */
void fallow_poison(void);
void fallow_sweep(void);
void fallow_expect_shadow(uint64_t address);
void fallow_set_shadow(uint64_t address);

/* loops.c */
void fallow_cut_loop(void);

/* standing.c */
/* Notes what a hook was asked. */
void fallow_note_asked(
    uint64_t what, uint64_t first, uint64_t second, uint64_t third);

/* hooks.c */
/* Carries out the store that was announced. */
void fallow_commit(void);
/* What each hook begins with: notes what it was asked, does the same, and notes
 * the places that led to it. */
void fallow_arrive(
    uint64_t what, uint64_t first, uint64_t second, uint64_t third);
void fallow_note_calls(uint64_t site, uint64_t frame);
uint64_t fallow_read_modify_write(
    const volatile void *, int count, enum fallow_update, uint64_t operand,
    uint64_t expected);

/* loader.c */
bool fallow_load_object(
    struct fallow_image *, const char *path, char *error, size_t size);
void *fallow_symbol(const char *name);

/* faults.c */
void fallow_catch_faults(void);

static inline uint64_t fallow_number_of_frame(uint64_t address) {
  return (address & REGION_MASK) >> 12;
}

static inline int fallow_frame_at(uint64_t address) {
  return (int)((address >> FRAME_SHIFT) & 0xff);
}

static inline bool fallow_is_in(
    const struct fallow_image *image, enum region region, uint64_t address) {
  return address >> REGION_SHIFT == image->base[region] >> REGION_SHIFT;
}
