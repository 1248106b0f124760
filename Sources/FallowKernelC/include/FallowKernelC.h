/* Runs compiled C, one access at a time, for the explorer.
 *
 * A program is loaded at an address of its own, runs on a stack of its own, and
 * is stopped by its hooks: what clang's instrumentation calls before each
 * access to memory, and the functions of fallow/check.h. Host memory is
 * scratch: each hook puts the value there that the explorer says. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Swift switches over its cases. */
#if defined(__clang__)
#define FALLOW_CLOSED __attribute__((enum_extensibility(closed)))
#else
#define FALLOW_CLOSED
#endif

/* What an access to an entry of a table is. */
enum FALLOW_CLOSED fallow_entry_access {
  FALLOW_ENTRY_LOAD,
  FALLOW_ENTRY_STORE,
  FALLOW_ENTRY_EXCHANGE,
  FALLOW_ENTRY_COMPARE_EXCHANGE,
};

/* What a read-modify-write of memory does. */
enum FALLOW_CLOSED fallow_update {
  FALLOW_UPDATE_NONE,
  FALLOW_UPDATE_STORE,
  FALLOW_UPDATE_EXCHANGE,
  FALLOW_UPDATE_ADD,
  FALLOW_UPDATE_COMPARE_EXCHANGE,
  FALLOW_UPDATE_AND,
  FALLOW_UPDATE_OR,
  FALLOW_UPDATE_XOR,
};

/* What a program asks of the machine besides memory. */
enum FALLOW_CLOSED fallow_service {
  FALLOW_LOCK,
  FALLOW_UNLOCK,
  FALLOW_AWAIT,
  FALLOW_DRAIN_STORES,
  FALLOW_ENTER_READ_SECTION,
  FALLOW_LEAVE_READ_SECTION,
  FALLOW_AWAIT_READERS,
  FALLOW_DISABLE_INTERRUPTS,
  FALLOW_ENABLE_INTERRUPTS,
  FALLOW_INTERRUPT_CPUS,
  FALLOW_QUEUE_WORK,
  FALLOW_QUEUE_CALLBACK,
  FALLOW_FLUSH_WORK,
  FALLOW_FLUSH_CALLBACKS,
  FALLOW_CANCEL_WORK,
  FALLOW_CHOOSE,
  FALLOW_TAKE_TABLE,
  FALLOW_FREE_FRAME,
  FALLOW_FLUSH_CPUS,
  FALLOW_INVALIDATE,
  FALLOW_CURRENT_CPU,
  FALLOW_RELEASE_PAGES,
  FALLOW_BIND,
  FALLOW_UNBIND,
  FALLOW_FLUSH_LEAVES,
  FALLOW_FLUSH_OWN_CPU,
  FALLOW_FLUSH_SOME_CPUS,
  FALLOW_FLUSH_ASID,
  FALLOW_LOAD_ASID,
  FALLOW_WRITE_BACK,
};

/* Why a turn ends that nothing can go on from. */
enum FALLOW_CLOSED fallow_fault {
  FALLOW_FAULT_ADDRESS,
  FALLOW_FAULT_INSTRUCTION,
  FALLOW_FAULT_STACK_OVERFLOW,
  FALLOW_FAULT_STALE_STACK,
  FALLOW_FAULT_FREE,
  FALLOW_FAULT_USE_AFTER_FREE,
  FALLOW_FAULT_MEMORY,
  FALLOW_FAULT_UNANNOUNCED,
  FALLOW_FAULT_ENDLESS_LOOP,
  FALLOW_FAULT_ASSERTION,
  FALLOW_FAULT_SLEEP,
  FALLOW_FAULT_LOCKS,
};

/* Bytes of a word: of memory if `frame` is negative, else of the frame's
 * descriptor. */
struct fallow_place {
  int frame, word, first, count;
};

/* What the explorer does for a program. What returns a truth value says whether
 * the turn is over. */
struct fallow_host {
  bool (*memory)(
      void *context, struct fallow_place place, enum fallow_update update,
      uint64_t operand, uint64_t expected, uint64_t *result);
  bool (*entry)(
      void *context, enum fallow_entry_access access, uint64_t address,
      uint64_t operand, uint64_t expected, uint64_t *result);
  bool (*service)(
      void *context, enum fallow_service service, struct fallow_place place,
      uint64_t first, uint64_t second, uint64_t *result);
  /* Ends the search. */
  void (*fault)(void *context, enum fallow_fault fault, const char *detail);
  /* A word of memory, without an access. */
  uint64_t (*peek)(void *context, int word);
  /* Gives a word of the actor's own stack its first value. */
  void (*share)(void *context, int word, uint64_t value);
  /* How many accesses were made in this run, and how many are logged. */
  void (*progress)(void *context, int *made, int *logged);
  /* Forgets what was logged after the first so many accesses. */
  bool (*forget)(void *context, int length);
};

/* A stretch of addresses, as fallow/check.h gives it to an operation. */
struct fallow_slot {
  unsigned long start, end, leaf;
  int number, root_index, leaf_index;
};

/* An operation, as fallow/check.h declares it. */
struct fallow_operation {
  const char *name;
  void *function;
  int kind, from, to, cpus;
};

enum FALLOW_CLOSED fallow_operation_kind {
  FALLOW_KIND_OPERATION,
  FALLOW_KIND_INTERRUPT,
  FALLOW_KIND_SETUP,
};

/* The machine, as fallow/check.h declares it. */
struct fallow_machine {
  int cpus, slots, tables, iommus, pasids, interrupts, store_buffers, objects,
      ats, failing_invalidations, failing_allocations, unshared,
      broadcast_flush, levels, only_iommus_walk, cpus_cache_apart, walking_cpus, asids, no_snoop,
      interrupts_on_each_cpu, migrates, walkers_set_bits;
};

/* A range of a program's data. */
struct fallow_section {
  uint64_t offset, size;
  int first_word;
};

/* How a program's memory is counted in words; the stacks of actors come after
 * `words`. */
struct fallow_memory {
  int words, heap, stacks, words_per_stack, words_per_descriptor;
};

struct fallow_image;

/* Loads an object that was linked for it. On failure the result is null and
 * `error` says why.
 *
 * At most 20 images are loaded at once. */
struct fallow_image *fallow_image_load(
    const char *path, char *error, size_t size);
void fallow_image_unload(struct fallow_image *);

/* The function that is asked what an access does; the same for all turns until it is set
 * again. */
void fallow_image_set_host(
    struct fallow_image *, const struct fallow_host *, void *context);

int fallow_image_operations(const struct fallow_image *);
const struct fallow_operation *fallow_image_operation(
    const struct fallow_image *, int index);
const struct fallow_machine *fallow_image_machine(const struct fallow_image *);
int fallow_image_sections(const struct fallow_image *);
struct fallow_section fallow_image_section(const struct fallow_image *, int);
struct fallow_memory fallow_image_memory(const struct fallow_image *);
/* What a word of memory holds before anything runs. */
uint64_t fallow_image_initial(const struct fallow_image *, int word);

/* What an actor runs. */
struct fallow_turn {
  /* The number of an operation; negative for a call that was put off. */
  int operation;
  int actor;
  /* How many numbers of CPUs there are. */
  int cpus;
  /* Whether it may never sleep. */
  bool is_atomic;
  /* Whether nothing else runs. */
  bool is_setup;
  /* Whether the places that lead to accesses are kept. */
  bool keeps_calls;
  struct fallow_slot slot;
  /* The function and the argument of the call. */
  uint64_t function, argument;
};

enum FALLOW_CLOSED fallow_result { FALLOW_REFUSED, FALLOW_DONE, FALLOW_STOPPED };

/* Runs an operation from its start until it ends or a hook stops it. */
enum fallow_result fallow_image_run(
    struct fallow_image *, const struct fallow_turn *);

/* The places in the program's text that led to the access at hand, the
 * innermost first, counted from its first byte. */
int fallow_image_calls(
    const struct fallow_image *, uint64_t *offsets, int capacity);

/* A function that a program is in: the place in its text, counted from its
 * first byte, and the address that its frame is counted from. */
struct fallow_frame {
  uint64_t call, base;
};

/* The functions that a program is in where it was stopped, the innermost first:
 * where each keeps a frame pointer. */
int fallow_image_frames(
    const struct fallow_image *, struct fallow_frame *frames, int capacity);

/* The object that the word at an address of the stack points to the beginning
 * of; negative if it points to none. */
int fallow_image_object_at(const struct fallow_image *, uint64_t address);

/* The object that a pointer points to the beginning of; negative if it points
 * to none. */
int fallow_image_object(const struct fallow_image *, uint64_t pointer);

/* What a register held where the program was stopped, by its number in debug
 * information; false unless it is one that hooks keep. */
bool fallow_image_register(
    const struct fallow_image *, int number, uint64_t *value);

/* Where the program stands after a turn that was stopped: all that it goes on
 * by, its registers and its stack among them, each word as memory keeps it. Two
 * turns of one operation that leave the same words go on alike.
 *
 * Returns how many words there are; negative if they are more than
 * `capacity`. */
int fallow_image_standing(
    struct fallow_image *, uint64_t *words, int capacity);

/* A pointer of a program as words keep it, as an offset in its text and data;
 * UINT64_MAX if it is none. */
uint64_t fallow_offset_of_pointer(uint64_t word);

/* How often an operation was found where it had been before. */
uint64_t fallow_image_cuts(const struct fallow_image *);

/* What is done about loops. */
enum FALLOW_CLOSED fallow_loops {
  /* An operation that stands where it stood before goes on from there. */
  FALLOW_LOOPS_CUT,
  /* For the tests: what it does again and again is kept. */
  FALLOW_LOOPS_KEPT,
  /* For the tests: the same place in the text is taken for where it stood,
   * whatever its registers and its stack hold. */
  FALLOW_LOOPS_CUT_UNSEEN,
};
void fallow_image_treat_loops(struct fallow_image *, enum fallow_loops);

/* The headers that come with the runtime, each by its number; null after the
 * last. */
const char *fallow_header_name(int index);
const char *fallow_header(int index);

/* How many basic blocks a turn may run. */
#define FALLOW_BLOCKS 2000000
