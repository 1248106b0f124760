/* Loops: an operation that stands where it stood before goes on from there. */
#include "image.h"

#define image fallow_current

static void mix(uint64_t *low, uint64_t *high, uint64_t word)
{
  unsigned __int128 product =
      (unsigned __int128)(*low ^ word) * 0xd6e8feb86659fd93ull;
  *low = (uint64_t)product ^ (uint64_t)(product >> 64);
  product = (unsigned __int128)(*high + word + *low) * 0xff51afd7ed558ccdull;
  *high = (uint64_t)(product >> 64) ^ (uint64_t)product ^ (*high << 7);
}

/* Where the program stands: its registers, what it holds, its stack. */
static void mix_all(uint64_t *low, uint64_t *high)
{
  const uint64_t *registers = (const uint64_t *)&image->registers;
  for (size_t index = 0; index < sizeof image->registers / 8; index++)
    mix(low, high, registers[index]);
  mix(low, high,
      (uint64_t)image->read_depth | (uint64_t)image->off_depth << 16
          | (uint64_t)image->lock_depth << 32
          | (uint64_t)image->shares_stack << 48
          | (uint64_t)image->is_elsewhere << 49);
  for (size_t index = 0; index < 4; index++)
    mix(low, high, image->asked[index]);
  uint64_t top = image->base[STACKS]
      + ((uint64_t)image->turn->actor << STACK_SHIFT) + (1 << STACK_SHIFT)
      - STACK_MARGIN;
  for (uint64_t at = image->registers.rsp; at < top; at += 8)
    mix(low, high, *(uint64_t *)at);
}

/* Before a new access: compares where the program stands, its registers, its
 * stack, what it holds and what the access is, with how it was at each access
 * before. */
void fallow_cut_loop(void)
{
  int made, logged;
  image->host->progress(image->context, &made, &logged);
  if (made >= MAX_LOG || image->loops == FALLOW_LOOPS_KEPT
      || image->turn->is_setup)
    return;
  uint64_t low = 0x9e3779b97f4a7c15ull, high = 0x2545f4914f6cdd1dull;
  if (image->loops == FALLOW_LOOPS_CUT_UNSEEN)
    mix(&low, &high, *(uint64_t *)image->registers.rsp ^ image->asked[1]);
  else
    mix_all(&low, &high);
  if (made == logged) {
    for (int index = 0; index < made; index++)
      if (image->stood[index].run == image->run
          && image->stood[index].low == low
          && image->stood[index].high == high) {
        image->cuts++;
        if (image->host->forget(image->context, index)) fallow_stop();
        return;
      }
  }
  image->stood[made].run = image->run;
  image->stood[made].low = low;
  image->stood[made].high = high;
}
