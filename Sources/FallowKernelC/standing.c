/* Where a program stands: all that decides how it goes on. */
#include "image.h"
#include <string.h>

#define image fallow_current

void fallow_note_asked(
    uint64_t what, uint64_t first, uint64_t second, uint64_t third)
{
  image->asked[0] = what;
  image->asked[1] = first;
  image->asked[2] = second;
  image->asked[3] = third;
}

#undef image

/* What the store that was announced is to put there. */
static uint64_t pending_value(const struct fallow_image *image)
{
  uint64_t value = 0;
  int count = image->pending.count;
  if (image->pending.address)
    memcpy(
        &value, (const void *)image->pending.address,
        (size_t)(count < 8 ? count : 8));
  return value;
}

int fallow_image_standing(
    struct fallow_image *image, uint64_t *words, int capacity)
{
  struct fallow_image *before = fallow_current;
  fallow_current = image;
  int count = 0;
  uint64_t top = image->base[STACKS]
      + ((uint64_t)image->last_actor << STACK_SHIFT) + (1 << STACK_SHIFT)
      - STACK_MARGIN - image->slot_size;
  const uint64_t *registers = (const uint64_t *)&image->registers;
  size_t known = sizeof image->registers / 8;
  size_t stack = (top - image->registers.rsp) / 8;
  uint64_t value = pending_value(image);
  if (image->has_returned) {
    known = stack = 0;
    /* It lets others see a stack that is left. */
    if (fallow_is_in(image, STACKS, value)) count = -1;
  }
  size_t shared = image->shares_stack ? 0 : (size_t)image->touched_count;
  if (known + 13 + shared + stack > (size_t)capacity) count = -1;
  if (count == 0) {
    words[count++] =
        (uint64_t)image->read_depth | (uint64_t)image->off_depth << 16
        | (uint64_t)image->lock_depth << 32
        | (uint64_t)image->shares_stack << 48
        | (uint64_t)image->is_elsewhere << 49
        | (uint64_t)image->has_untold << 50
        | (uint64_t)image->has_returned << 51 | (uint64_t)shared << 52;
    words[count++] = fallow_encode_own(image->pending.address);
    words[count++] = (uint64_t)image->pending.count;
    words[count++] = fallow_encode_own(value);
    words[count++] = image->asked[0];
    for (int index = 1; index < 4; index++)
      words[count++] = fallow_encode_own(image->asked[index]);
    for (int index = 0; index < 5; index++)
      words[count++] = fallow_encode_own(image->progress[index]);
    for (size_t index = 0; index < known; index++)
      words[count++] = fallow_encode_own(registers[index]);
    for (size_t index = 0; index < shared; index++)
      words[count++] = image->touched[index];
    for (uint64_t at = image->registers.rsp; at < top; at += 8)
      words[count++] = fallow_encode_own(*(uint64_t *)at);
  }
  fallow_current = before;
  return count;
}
