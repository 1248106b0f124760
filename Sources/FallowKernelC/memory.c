/* Where an address lies, and how a pointer is kept in a word. */
#include "image.h"
#include <string.h>

#define image fallow_current

uint64_t fallow_decode(uint64_t word) {
  if (word >> 48 != POINTER_MARK) return word;
  uint64_t region = (word >> 40) & 0xff;
  if (region >= REGIONS) return word;
  return image->base[region] | (word & REGION_MASK);
}

uint64_t fallow_encode_own(uint64_t value) {
  uint64_t region = (value >> REGION_SHIFT) - (image->base[0] >> REGION_SHIFT);
  if (region >= REGIONS) return value;
  return POINTER_MARK << 48 | region << 40 | (value & REGION_MASK);
}

uint64_t fallow_encode(uint64_t value) {
  if (fallow_is_in(image, STACKS, value)
      && (int)((value & REGION_MASK) >> STACK_SHIFT) == image->turn->actor)
    fallow_share_stack();
  return fallow_encode_own(value);
}

uint64_t fallow_offset_of_pointer(uint64_t word) {
  return word >> 40 == (POINTER_MARK << 8 | DATA) ? word & REGION_MASK
                                                   : UINT64_MAX;
}

static struct located at_word(int frame, int word, uint64_t address, int count)
{
  int first = address & 7;
  if (first + count > 8)
    fallow_fail(FALLOW_FAULT_MEMORY, "an access across two words");
  return (struct located){PLACE_WORD, {frame, word, first, count}};
}

static struct located in_frames(uint64_t address, int count, enum region region)
{
  uint64_t offset = address & ((1 << FRAME_SHIFT) - 1);
  int frame = fallow_frame_at(address);
  uint64_t pattern = (address & REGION_MASK) >> 24;
  if (pattern != FRAME_PATTERN || frame >= MAX_FRAMES)
    fallow_fail(FALLOW_FAULT_ADDRESS, "beyond the frames of the machine");
  if (region == DESCRIPTORS) {
    if (offset / 8 >= DESCRIPTOR_WORDS)
      fallow_fail(FALLOW_FAULT_ADDRESS, "beyond a frame's descriptor");
    return at_word(frame, (int)(offset / 8), address, count);
  }
  if (offset >= 4096)
    fallow_fail(FALLOW_FAULT_ADDRESS, "beyond a frame");
  if (count != 8 || offset % 8 != 0)
    fallow_fail(FALLOW_FAULT_MEMORY, "a part of a page-table entry");
  struct located entry = {PLACE_ENTRY, {frame, (int)(offset / 8), 0, 8}};
  return entry;
}

/* The pair of words that keeps a word of a shared stack; a new one if it is
 * the actor's own. */
static int word_of_stack(int actor, uint32_t offset, uint64_t address)
{
  int first = image->memory.stacks + actor * image->memory.words_per_stack;
  for (int pair = 0; pair < STACK_PAIRS; pair++) {
    int word = first + 2 * pair;
    uint64_t found = image->host->peek(image->context, word);
    if (found == offset) return word + 1;
    if (found != 0) continue;
    if (actor != image->turn->actor)
      fallow_fail(FALLOW_FAULT_STALE_STACK, 0);
    uint64_t value = *(uint64_t *)(address & ~7ull);
    image->host->share(image->context, word, offset);
    image->host->share(image->context, word + 1, fallow_encode(value));
    return word + 1;
  }
  fallow_fail(FALLOW_FAULT_MEMORY, "too many words of a stack are shared");
}

static struct located in_stack(uint64_t address, int count)
{
  uint64_t place = address & REGION_MASK;
  int actor = (int)(place >> STACK_SHIFT);
  uint32_t offset = (uint32_t)(place & ((1 << STACK_SHIFT) - 1) & ~7u);
  uint32_t end = (1 << STACK_SHIFT) - STACK_MARGIN;
  if (actor >= MAX_ACTORS || offset < end - STACK_SIZE || offset >= end)
    fallow_fail(FALLOW_FAULT_ADDRESS, "beyond a stack");
  if (actor == image->turn->actor && !image->shares_stack)
    return (struct located){PLACE_OWN, {-1, (int)offset, 0, 0}};
  return at_word(-1, word_of_stack(actor, offset, address), address, count);
}

static struct located in_heap(uint64_t address, int count)
{
  uint64_t word = (address & REGION_MASK) / 8;
  int objects = image->machine.objects;
  if (word >= (uint64_t)objects * OBJECT_WORDS)
    fallow_fail(FALLOW_FAULT_ADDRESS, "beyond what was allocated");
  int made, logged;
  image->host->progress(image->context, &made, &logged);
  int taken = image->memory.heap + (int)(word / OBJECT_WORDS);
  if (made == logged && !image->host->peek(image->context, taken))
    fallow_fail(FALLOW_FAULT_USE_AFTER_FREE, 0);
  return at_word(
      -1, image->memory.heap + objects + (int)word, address, count);
}

/* Each thread has an image: what one makes of a pointer means nothing to the
 * next, unless it is the pointer itself. */
static bool is_of_another_image(uint64_t address)
{
  return (address >> REGION_SHIFT) - FIRST_REGION < MAX_IMAGES * REGIONS;
}

struct located fallow_locate(uint64_t address, int count)
{
  switch ((address >> REGION_SHIFT) - (image->base[0] >> REGION_SHIFT)) {
  case DATA: {
    int word = fallow_word_at(address);
    if (word >= 0) return at_word(-1, word, address, count);
    if (address - image->base[DATA] >= image->size)
      fallow_fail(FALLOW_FAULT_ADDRESS, "beyond the program's data");
    return (struct located){PLACE_PRIVATE, {0, 0, 0, 0}};
  }
  case FRAMES: return in_frames(address, count, FRAMES);
  case DESCRIPTORS: return in_frames(address, count, DESCRIPTORS);
  case STACKS: return in_stack(address, count);
  case HEAP: return in_heap(address, count);
  default:
    if (is_of_another_image(address))
      fallow_fail(
          FALLOW_FAULT_MEMORY,
          "a pointer that was kept as a number of another form; one thread can "
          "search it");
    fallow_fail(
        FALLOW_FAULT_ADDRESS,
        address < 4096 ? "a null pointer, or one of a list that was left"
                       : "no pointer of the program's");
  }
}

int fallow_word_at(uint64_t address)
{
  for (int index = 0; index < image->sections; index++) {
    uint64_t offset = address - image->section[index].start;
    if (offset < image->section[index].size)
      return image->section[index].first + (int)(offset / 8);
  }
  return -1;
}

struct fallow_place fallow_lock_place(
    const void *pointer, int count, bool is_shared)
{
  uint64_t address = (uint64_t)pointer;
  struct located located = fallow_locate(address, count);
  if (located.kind == PLACE_OWN && is_shared) {
    fallow_share_stack();
    located = fallow_locate(address, count);
  }
  if (located.kind == PLACE_ENTRY)
    fallow_fail(FALLOW_FAULT_MEMORY, "a lock in a page table");
  if (located.kind == PLACE_PRIVATE)
    fallow_fail(FALLOW_FAULT_ADDRESS, "a lock in what is constant");
  if (located.kind != PLACE_WORD) located.place = (struct fallow_place){-1, -1, 0, 0};
  return located.place;
}

/* Lets others see what the actor wrote to its stack, as its log has it: each
 * run does the same. */
void fallow_share_stack(void)
{
  if (image->shares_stack) return;
  image->shares_stack = true;
  if (image->has_untold)
    fallow_fail(FALLOW_FAULT_MEMORY, "too many words of a stack are shared");
  int actor = image->turn->actor;
  int first = image->memory.stacks + actor * image->memory.words_per_stack;
  uint64_t base = image->base[STACKS] + ((uint64_t)actor << STACK_SHIFT);
  int pair = 0;
  for (int index = 0; index < image->touched_count; index++) {
    uint32_t offset = image->touched[index];
    /* Of a function that has returned. */
    if (base + offset < image->registers.rsp) continue;
    if (pair == STACK_PAIRS)
      fallow_fail(FALLOW_FAULT_MEMORY, "too many words of a stack are shared");
    uint64_t value = fallow_encode(*(uint64_t *)(base + offset)), result;
    struct fallow_place place = {-1, first + 2 * pair++, 0, 8};
    image->progress[0] = (uint64_t)pair << 1;
    if (image->host->memory(
            image->context, place, FALLOW_UPDATE_STORE, offset, 0, &result))
      fallow_stop();
    place.word++;
    image->progress[0]++;
    if (image->host->memory(
            image->context, place, FALLOW_UPDATE_STORE, value, 0, &result))
      fallow_stop();
  }
  image->progress[0] = 0;
}

static uint64_t changed(
    uint64_t old, enum fallow_update update, uint64_t operand, uint64_t expected)
{
  switch (update) {
  case FALLOW_UPDATE_NONE: return old;
  case FALLOW_UPDATE_STORE:
  case FALLOW_UPDATE_EXCHANGE: return operand;
  case FALLOW_UPDATE_ADD: return old + operand;
  case FALLOW_UPDATE_COMPARE_EXCHANGE: return old == expected ? operand : old;
  case FALLOW_UPDATE_AND: return old & operand;
  case FALLOW_UPDATE_OR: return old | operand;
  case FALLOW_UPDATE_XOR: return old ^ operand;
  }
}

static uint64_t access_own(
    uint64_t address, int count, enum fallow_update update, uint64_t operand,
    uint64_t expected)
{
  uint64_t old = 0;
  memcpy(&old, (void *)address, (size_t)count);
  if (update != FALLOW_UPDATE_NONE) {
    uint64_t new = changed(old, update, operand, expected);
    memcpy((void *)address, &new, (size_t)count);
  }
  return old;
}

static uint64_t access_entry(
    uint64_t address, enum fallow_update update, uint64_t operand,
    uint64_t expected);

/* Arithmetic on an entry: a load and a compare-exchange, again until that
 * succeeds, which takes effect at once as well. */
static uint64_t update_entry(
    uint64_t address, enum fallow_update update, uint64_t operand)
{
  for (;;) {
    fallow_cut_loop();
    uint64_t old = access_entry(address, FALLOW_UPDATE_NONE, 0, 0);
    uint64_t new = changed(old, update, operand, 0);
    image->progress[1] = old;
    uint64_t found =
        access_entry(address, FALLOW_UPDATE_COMPARE_EXCHANGE, new, old);
    image->progress[1] = 0;
    if (found == old) return old;
  }
}

static uint64_t access_entry(
    uint64_t address, enum fallow_update update, uint64_t operand,
    uint64_t expected)
{
  enum fallow_entry_access access;
  switch (update) {
  case FALLOW_UPDATE_NONE: access = FALLOW_ENTRY_LOAD; break;
  case FALLOW_UPDATE_STORE: access = FALLOW_ENTRY_STORE; break;
  case FALLOW_UPDATE_EXCHANGE: access = FALLOW_ENTRY_EXCHANGE; break;
  case FALLOW_UPDATE_COMPARE_EXCHANGE:
    access = FALLOW_ENTRY_COMPARE_EXCHANGE;
    break;
  case FALLOW_UPDATE_ADD:
  case FALLOW_UPDATE_AND:
  case FALLOW_UPDATE_OR:
  case FALLOW_UPDATE_XOR: return update_entry(address, update, operand);
  }
  uint64_t result = 0;
  if (image->host->entry(
          image->context, access, address & REGION_MASK, fallow_encode(operand),
          fallow_encode(expected), &result))
    fallow_stop();
  return fallow_decode(result);
}

void fallow_stay_here(void)
{
  if (image->is_elsewhere)
    fallow_fail(
        FALLOW_FAULT_MEMORY, "a function that other CPUs run does something");
}

uint64_t fallow_access(
    uint64_t address, int count, enum fallow_update update, uint64_t operand,
    uint64_t expected)
{
  struct located located = fallow_locate(address, count);
  uint64_t result = 0;
  switch (located.kind) {
  case PLACE_PRIVATE:
    if (update != FALLOW_UPDATE_NONE)
      fallow_fail(FALLOW_FAULT_ADDRESS, "a store to what is constant");
    return access_own(address, count, update, operand, expected);
  case PLACE_OWN:
    return access_own(address, count, update, operand, expected);
  case PLACE_ENTRY:
    fallow_stay_here();
    return access_entry(address, update, operand, expected);
  case PLACE_WORD: break;
  }
  fallow_stay_here();
  if (count == 8) {
    operand = fallow_encode(operand);
    if (update == FALLOW_UPDATE_COMPARE_EXCHANGE)
      expected = fallow_encode(expected);
  }
  if (image->host->memory(
          image->context, located.place, update, operand, expected, &result))
    fallow_stop();
  return count == 8 ? fallow_decode(result) : result;
}
