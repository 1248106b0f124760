/* What clang's thread sanitizer instrumentation calls before each access. */
#include "image.h"
#include <string.h>

#define image fallow_current

void fallow_note_calls(uint64_t site, uint64_t frame)
{
  image->call_count = 0;
  if (!image->turn->keeps_calls) return;
  image->calls[image->call_count++] = site;
  while (image->call_count < MAX_CALLS && fallow_is_in(image, STACKS, frame)) {
    const uint64_t *pair = (const uint64_t *)frame;
    if (!fallow_is_in(image, DATA, pair[1])) break;
    image->calls[image->call_count++] = pair[1];
    if (pair[0] <= frame) break;
    frame = pair[0];
  }
}

void fallow_commit(void)
{
  if (!image->pending.address) return;
  memcpy(image->calls, image->pending.calls, sizeof image->calls);
  image->call_count = image->pending.call_count;
  while (image->pending.count > 0) {
    uint64_t address = image->pending.address;
    int count = image->pending.count < 8 ? image->pending.count : 8;
    uint64_t value = 0;
    memcpy(&value, (const void *)address, (size_t)count);
    fallow_set_shadow(address);
    fallow_access(address, count, FALLOW_UPDATE_STORE, value, 0);
    image->pending.address += (uint64_t)count;
    image->pending.count -= count;
  }
  image->pending.address = 0;
}

/* What functions that have returned left on the stack is nobody's: what comes
 * to lie there next begins with zeros, whatever ran before. */
static void forget_returned(void)
{
  if (image->stack_low < image->registers.rsp) {
    memset(
        (void *)image->stack_low, 0, image->registers.rsp - image->stack_low);
    image->stack_low = image->registers.rsp;
  }
  uint64_t base =
      image->base[STACKS] + ((uint64_t)image->turn->actor << STACK_SHIFT);
  uint64_t low = image->registers.rsp - base;
  if (image->touched_low >= low) return;
  int kept = 0;
  image->touched_low = UINT32_MAX;
  for (int index = 0; index < image->touched_count; index++) {
    uint32_t offset = image->touched[index];
    if (offset < low) continue;
    image->touched[kept++] = offset;
    if (offset < image->touched_low) image->touched_low = offset;
  }
  image->touched_count = kept;
}

void fallow_arrive(
    uint64_t what, uint64_t first, uint64_t second, uint64_t third)
{
  fallow_note_asked(what, first, second, third);
  forget_returned();
  fallow_commit();
  fallow_note_calls(*(uint64_t *)image->registers.rsp, image->registers.rbp);
}

static bool is_own_stack(uint64_t address, int count)
{
  if (image->shares_stack || !fallow_is_in(image, STACKS, address)
      || (int)((address & REGION_MASK) >> STACK_SHIFT) != image->turn->actor)
    return false;
  uint64_t place = address & ((1 << STACK_SHIFT) - 1);
  uint64_t end = (1 << STACK_SHIFT) - STACK_MARGIN;
  if (place < end - STACK_SIZE || place + (uint64_t)count > end)
    fallow_fail(FALLOW_FAULT_ADDRESS, "beyond a stack");
  return true;
}

static void touch(uint64_t address, int count)
{
  uint64_t place = address & ((1 << STACK_SHIFT) - 1);
  for (uint64_t word = place & ~7ull; word < place + (uint64_t)count; word += 8)
  {
    int index = 0;
    while (index < image->touched_count && image->touched[index] != word)
      index++;
    if (index < image->touched_count) continue;
    if (index == MAX_TOUCHED) {
      /* A word that is not known of any more is no word to be shared. */
      image->has_untold = true;
      return;
    }
    image->touched[image->touched_count++] = (uint32_t)word;
    if (word < image->touched_low) image->touched_low = (uint32_t)word;
  }
}

static void read_bytes(const volatile void *pointer, int count)
{
  uint64_t address = (uint64_t)pointer;
  fallow_arrive(0, address, (uint64_t)count, 0);
  if (is_own_stack(address, count)) return;
  if (fallow_locate(address, count).kind == PLACE_PRIVATE) return;
  fallow_note_asked(FALLOW_UPDATE_NONE, address, (uint64_t)count, 0);
  fallow_cut_loop();
  fallow_expect_shadow(address);
  uint64_t value = fallow_access(address, count, FALLOW_UPDATE_NONE, 0, 0);
  memcpy((void *)address, &value, (size_t)count);
  fallow_set_shadow(address);
}

static void write_bytes(volatile void *pointer, int count)
{
  uint64_t address = (uint64_t)pointer;
  fallow_arrive(0, address, (uint64_t)count, 0);
  if (is_own_stack(address, count)) return touch(address, count);
  if (fallow_locate(address, count < 8 ? count : 8).kind == PLACE_PRIVATE)
    fallow_fail(FALLOW_FAULT_ADDRESS, "a store to what is constant");
  fallow_expect_shadow(address);
  if (count > 8) fallow_expect_shadow(address + 8);
  image->pending.address = address;
  image->pending.count = count;
  memcpy(image->pending.calls, image->calls, sizeof image->calls);
  image->pending.call_count = image->call_count;
}

#define PLAIN(prefix, count) \
  void hook___tsan_##prefix##read##count(void *address); \
  void hook___tsan_##prefix##read##count(void *address) \
  { \
    read_bytes(address, count); \
  } \
  void hook___tsan_##prefix##write##count(void *address); \
  void hook___tsan_##prefix##write##count(void *address) \
  { \
    write_bytes(address, count); \
  }
#define SIZES(prefix) PLAIN(prefix, 2) PLAIN(prefix, 4) PLAIN(prefix, 8)
PLAIN(, 1)
SIZES()
PLAIN(volatile_, 1)
SIZES(volatile_)
SIZES(unaligned_)
SIZES(unaligned_volatile_)

void hook___tsan_read16(void *address);
void hook___tsan_read16(void *address)
{
  read_bytes(address, 8);
  /* The rest is read in another turn, perhaps. */
  image->progress[1] = *(uint64_t *)address;
  read_bytes((char *)address + 8, 8);
  image->progress[1] = 0;
}

void hook___tsan_write16(void *address);
void hook___tsan_write16(void *address)
{
  write_bytes(address, 16);
}

uint64_t fallow_read_modify_write(
    const volatile void *pointer, int count, enum fallow_update update,
    uint64_t operand, uint64_t expected)
{
  uint64_t address = (uint64_t)pointer;
  fallow_arrive(
      (uint64_t)update | (uint64_t)count << 8, address, operand, expected);
  fallow_cut_loop();
  if (is_own_stack(address, count) && update != FALLOW_UPDATE_NONE)
    touch(address, count);
  return fallow_access(address, count, update, operand, expected);
}

enum { SEQUENTIALLY_CONSISTENT = 5 };

#define ATOMIC_UPDATE(bits, name, update, value) \
  uint##bits##_t hook___tsan_atomic##bits##_##name( \
      volatile uint##bits##_t *address, uint##bits##_t operand, int order); \
  uint##bits##_t hook___tsan_atomic##bits##_##name( \
      volatile uint##bits##_t *address, uint##bits##_t operand, int order) \
  { \
    (void)order; \
    return (uint##bits##_t)fallow_read_modify_write( \
        address, bits / 8, update, value, 0); \
  }

#define COMPARE_EXCHANGE(bits, name) \
  int hook___tsan_atomic##bits##_compare_exchange_##name( \
      volatile uint##bits##_t *address, uint##bits##_t *expected, \
      uint##bits##_t desired, int order, int failure); \
  int hook___tsan_atomic##bits##_compare_exchange_##name( \
      volatile uint##bits##_t *address, uint##bits##_t *expected, \
      uint##bits##_t desired, int order, int failure) \
  { \
    (void)order, (void)failure; \
    uint##bits##_t old = (uint##bits##_t)fallow_read_modify_write( \
        address, bits / 8, FALLOW_UPDATE_COMPARE_EXCHANGE, desired, *expected); \
    bool is_done = old == *expected; \
    *expected = old; \
    return is_done; \
  }

#define ATOMIC(bits) \
  uint##bits##_t hook___tsan_atomic##bits##_load( \
      const volatile uint##bits##_t *address, int order); \
  uint##bits##_t hook___tsan_atomic##bits##_load( \
      const volatile uint##bits##_t *address, int order) \
  { \
    (void)order; \
    return (uint##bits##_t)fallow_read_modify_write( \
        address, bits / 8, FALLOW_UPDATE_NONE, 0, 0); \
  } \
  void hook___tsan_atomic##bits##_store( \
      volatile uint##bits##_t *address, uint##bits##_t value, int order); \
  void hook___tsan_atomic##bits##_store( \
      volatile uint##bits##_t *address, uint##bits##_t value, int order) \
  { \
    fallow_read_modify_write( \
        address, bits / 8, \
        order == SEQUENTIALLY_CONSISTENT ? FALLOW_UPDATE_EXCHANGE \
                                         : FALLOW_UPDATE_STORE, \
        value, 0); \
  } \
  ATOMIC_UPDATE(bits, exchange, FALLOW_UPDATE_EXCHANGE, operand) \
  ATOMIC_UPDATE(bits, fetch_add, FALLOW_UPDATE_ADD, operand) \
  ATOMIC_UPDATE( \
      bits, fetch_sub, FALLOW_UPDATE_ADD, (uint##bits##_t)(0 - operand)) \
  ATOMIC_UPDATE(bits, fetch_and, FALLOW_UPDATE_AND, operand) \
  ATOMIC_UPDATE(bits, fetch_or, FALLOW_UPDATE_OR, operand) \
  ATOMIC_UPDATE(bits, fetch_xor, FALLOW_UPDATE_XOR, operand) \
  uint##bits##_t hook___tsan_atomic##bits##_fetch_nand(void); \
  uint##bits##_t hook___tsan_atomic##bits##_fetch_nand(void) \
  { \
    fallow_arrive(0, 0, 0, 0); \
    fallow_fail(FALLOW_FAULT_MEMORY, "an atomic nand"); \
  } \
  uint##bits##_t hook___tsan_atomic##bits##_compare_exchange_val( \
      volatile uint##bits##_t *address, uint##bits##_t expected, \
      uint##bits##_t desired, int order, int failure); \
  uint##bits##_t hook___tsan_atomic##bits##_compare_exchange_val( \
      volatile uint##bits##_t *address, uint##bits##_t expected, \
      uint##bits##_t desired, int order, int failure) \
  { \
    (void)order, (void)failure; \
    return (uint##bits##_t)fallow_read_modify_write( \
        address, bits / 8, FALLOW_UPDATE_COMPARE_EXCHANGE, desired, expected); \
  } \
  COMPARE_EXCHANGE(bits, strong) \
  COMPARE_EXCHANGE(bits, weak)
ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void hook___tsan_atomic_signal_fence(int order);
void hook___tsan_atomic_signal_fence(int order) { (void)order; }

/* A table is as long as the machine's: a page of zeros fills it. */
static uint64_t clipped(const void *pointer, uint64_t size)
{
  return fallow_is_in(image, FRAMES, (uint64_t)pointer) && size == 4096 ? 16
                                                                       : size;
}

static void copy_bytes(char *to, const char *from, int value, uint64_t size)
{
  size = clipped(to, from ? clipped(from, size) : size);
  while (size) {
    int count = !((uint64_t)to & 7) && size >= 8 ? 8 : 1;
    image->progress[2] = (uint64_t)from;
    image->progress[3] = (uint64_t)value;
    image->progress[4] = size;
    uint64_t word;
    if (from) {
      read_bytes(from, count);
      memcpy(&word, from, (size_t)count);
      from += count;
    } else {
      memset(&word, value, sizeof word);
    }
    write_bytes(to, count);
    memcpy(to, &word, (size_t)count);
    to += count;
    size -= (uint64_t)count;
  }
  image->progress[2] = image->progress[3] = image->progress[4] = 0;
}

void *hook___tsan_memcpy(void *to, const void *from, uint64_t size);
void *hook___tsan_memcpy(void *to, const void *from, uint64_t size)
{
  copy_bytes(to, from, 0, size);
  return to;
}

void *hook___tsan_memset(void *to, int value, uint64_t size);
void *hook___tsan_memset(void *to, int value, uint64_t size)
{
  copy_bytes(to, 0, value, size);
  return to;
}

void *hook___tsan_memmove(void *to, const void *from, uint64_t size);
void *hook___tsan_memmove(void *to, const void *from, uint64_t size)
{
  uint64_t distance = (uint64_t)to - (uint64_t)from;
  if (distance < size && distance != 0) {
    fallow_arrive(0, (uint64_t)to, (uint64_t)from, size);
    fallow_fail(FALLOW_FAULT_MEMORY, "a memmove upwards within itself");
  }
  copy_bytes(to, from, 0, size);
  return to;
}

void hook___tsan_init(void);
void hook___tsan_init(void) {}

void hook_trace_pc_limit(void);
void hook_trace_pc_limit(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->registers.rsp < image->stack_limit)
    fallow_fail(FALLOW_FAULT_STACK_OVERFLOW, 0);
  fallow_fail(FALLOW_FAULT_ENDLESS_LOOP, "over 2,000,000 basic blocks");
}
