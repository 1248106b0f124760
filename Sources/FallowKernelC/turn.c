/* Runs an operation from its start, and ends it at a hook. */
#include "image.h"
#include <string.h>

_Thread_local struct fallow_image *fallow_current;

_Static_assert(offsetof(struct fallow_image, registers.rsp) == 48, "hooks.S");
_Static_assert(offsetof(struct fallow_image, host_stack) == 56, "hooks.S");
_Static_assert(offsetof(struct fallow_image, in_host) == 64, "hooks.S");
_Static_assert(offsetof(struct fallow_image, blocks) == 72, "hooks.S");
_Static_assert(offsetof(struct fallow_image, stack_limit) == 80, "hooks.S");
_Static_assert(offsetof(struct fallow_image, stack_low) == 88, "hooks.S");

#if FALLOW_RUNS_PROGRAMS
/* hooks.S */
extern uint64_t fallow_enter(
    struct fallow_image *, void *function, uint64_t stack, uint64_t argument,
    uint64_t second);
#else
static uint64_t fallow_enter(
    struct fallow_image *image, void *function, uint64_t stack,
    uint64_t argument, uint64_t second)
{
  (void)image, (void)function, (void)stack, (void)argument, (void)second;
  return 0;
}
#endif

_Noreturn void fallow_stop(void)
{
  struct fallow_image *image = fallow_current;
  if (!image->is_stopping) {
    image->is_stopping = true;
    fallow_sweep();
  }
  longjmp(image->stop, 1);
}

_Noreturn void fallow_fail(enum fallow_fault fault, const char *detail)
{
  struct fallow_image *image = fallow_current;
  image->is_stopping = true;
  image->host->fault(image->context, fault, detail);
  longjmp(image->stop, 1);
}

static uint64_t top_of_stack(const struct fallow_image *image)
{
  return image->base[STACKS] + ((uint64_t)image->last_actor << STACK_SHIFT)
      + (1 << STACK_SHIFT) - STACK_MARGIN;
}

/* All but the registers at a program's beginning is as in every other run. */
static void begin(struct fallow_image *image, const struct fallow_turn *turn)
{
  uint64_t stack =
      image->base[STACKS] + ((uint64_t)turn->actor << STACK_SHIFT);
  uint64_t top = stack + (1 << STACK_SHIFT) - STACK_MARGIN;
  uint64_t bottom = top - STACK_SIZE;
  /* What the actor's last run left there is not to be read, or compared. */
  image->used_from[image->last_actor] = image->stack_low;
  image->last_actor = turn->actor;
  uint64_t low = image->used_from[turn->actor];
  if (low >= bottom && low < top) memset((void *)low, 0, top - low);
  image->stack_low = top;
  image->stack_limit = bottom + STACK_RESERVE;
  image->blocks = FALLOW_BLOCKS;
  image->turn = turn;
  image->pending.address = 0;
  image->pending.count = 0;
  image->call_count = 0;
  image->is_stopping = false;
  image->is_elsewhere = false;
  image->has_returned = false;
  image->slot = 0;
  image->shares_stack = false;
  image->touched_count = 0;
  image->touched_low = UINT32_MAX;
  memset(image->asked, 0, sizeof image->asked);
  memset(image->progress, 0, sizeof image->progress);
  image->has_untold = false;
  image->read_depth = image->off_depth = image->lock_depth = 0;
  image->run++;
}

static void end(struct fallow_image *image, uint64_t answer)
{
  image->has_returned = true;
  fallow_note_asked(answer & 0xff, 0, 0, 0);
  image->registers.rsp = image->stack_low;
  fallow_commit();
  image->call_count = 0;
  fallow_sweep();
  if (image->lock_depth || image->read_depth || image->off_depth)
    fallow_fail(
        FALLOW_FAULT_LOCKS,
        "an operation ends with a lock, in a read section, or with interrupts "
        "off");
}

static uint64_t size_of_slot(const struct fallow_image *image)
{
  const void *slot = (const void *)image->slot;
  if (!slot || memcmp(slot, &image->turn->slot, sizeof image->turn->slot))
    return 0;
  return top_of_stack(image) - image->slot;
}

enum fallow_result fallow_image_run(
    struct fallow_image *image, const struct fallow_turn *turn)
{
  fallow_catch_faults();
  struct fallow_image *before = fallow_current;
  fallow_current = image;
  begin(image, turn);
  fallow_poison();
  enum fallow_result result = FALLOW_STOPPED;
  if (setjmp(image->stop) == 0) {
    image->in_host = 0;
    image->is_running = true;
    uint64_t top = image->base[STACKS] + ((uint64_t)turn->actor << STACK_SHIFT)
        + (1 << STACK_SHIFT) - STACK_MARGIN - 64;
    uint64_t answer;
    if (turn->operation >= 0) {
      const struct fallow_operation *operation =
          &image->operations[turn->operation];
      /* The slot is constant: a private copy at the top of the stack. */
      struct fallow_slot *slot = (struct fallow_slot *)(top - sizeof *slot);
      top = ((uint64_t)slot & ~63ull) - 64;
      *slot = turn->slot;
      image->slot = (uint64_t)slot;
      answer = fallow_enter(
          image, operation->function, top, (uint64_t)slot, 0);
    } else {
      answer = fallow_enter(
          image, (void *)fallow_decode(turn->function), top,
          fallow_decode(turn->argument), 0);
      answer = 1;
    }
    image->in_host = 1;
    end(image, answer);
    result = answer & 0xff ? FALLOW_DONE : FALLOW_REFUSED;
  }
  image->is_running = false;
  image->slot_size = size_of_slot(image);
  fallow_current = before;
  return result;
}

int fallow_image_calls(
    const struct fallow_image *image, uint64_t *offsets, int capacity)
{
  int count = image->call_count < capacity ? image->call_count : capacity;
  for (int index = 0; index < count; index++)
    offsets[index] = image->calls[index] - image->base[DATA] - 1;
  return count;
}

static bool is_on_stack(const struct fallow_image *image, uint64_t address)
{
  uint64_t top = top_of_stack(image);
  return address % 8 == 0 && address >= top - STACK_SIZE && address <= top - 16;
}

int fallow_image_frames(
    const struct fallow_image *image, struct fallow_frame *frames, int capacity)
{
  uint64_t base = image->registers.rbp;
  if (!is_on_stack(image, image->registers.rsp)) return 0;
  uint64_t call = *(uint64_t *)image->registers.rsp;
  int count = 0;
  while (count < capacity && is_on_stack(image, base)
         && fallow_is_in(image, DATA, call)) {
    frames[count++] =
        (struct fallow_frame){call - image->base[DATA] - 1, base};
    const uint64_t *pair = (const uint64_t *)base;
    if (pair[0] <= base) break;
    call = pair[1];
    base = pair[0];
  }
  return count;
}

int fallow_image_object_at(const struct fallow_image *image, uint64_t address)
{
  return is_on_stack(image, address)
      ? fallow_image_object(image, *(uint64_t *)address)
      : -1;
}

bool fallow_image_register(
    const struct fallow_image *image, int number, uint64_t *value)
{
  const uint64_t *saved = 0;
  switch (number) {
  case 3: saved = &image->registers.rbx; break;
  case 6: saved = &image->registers.rbp; break;
  case 12: saved = &image->registers.r12; break;
  case 13: saved = &image->registers.r13; break;
  case 14: saved = &image->registers.r14; break;
  case 15: saved = &image->registers.r15; break;
  }
  if (saved) *value = *saved;
  /* Where the call of the hook has not yet put anything. */
  if (number == 7) *value = image->registers.rsp + 8;
  return saved || number == 7;
}

int fallow_image_object(const struct fallow_image *image, uint64_t pointer)
{
  uint64_t offset = pointer - image->base[HEAP];
  uint64_t index = offset / (OBJECT_WORDS * 8);
  bool is_object = offset % (OBJECT_WORDS * 8) == 0
      && index < (uint64_t)image->machine.objects;
  return is_object ? (int)index : -1;
}

uint64_t fallow_image_cuts(const struct fallow_image *image)
{
  return image->cuts;
}

void fallow_image_treat_loops(
    struct fallow_image *image, enum fallow_loops loops)
{
  image->loops = loops;
}

void fallow_image_set_host(
    struct fallow_image *image, const struct fallow_host *host, void *context)
{
  image->host = host;
  image->context = context;
}
