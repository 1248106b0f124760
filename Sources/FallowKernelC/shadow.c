/* Stores that no hook announced.
 *
 * At the beginning of a turn all data is poisoned. What hooks put there is kept
 * a second time; a word that differs was stored by code that was not
 * instrumented. */
#include "image.h"

#define image fallow_current
#define POISON 0x5bad5bad5bad5badull

void fallow_poison(void)
{
  for (int index = 0; index < image->sections; index++) {
    uint64_t *words = (uint64_t *)image->section[index].start;
    uint64_t *shadow = image->shadow + image->section[index].first;
    for (uint64_t word = 0; word < image->section[index].size / 8; word++)
      words[word] = shadow[word] = POISON;
  }
}

void fallow_sweep(void)
{
  for (int index = 0; index < image->sections; index++) {
    uint64_t *words = (uint64_t *)image->section[index].start;
    uint64_t *shadow = image->shadow + image->section[index].first;
    for (uint64_t word = 0; word < image->section[index].size / 8; word++)
      if (words[word] != shadow[word]) fallow_fail(FALLOW_FAULT_UNANNOUNCED, 0);
  }
}

void fallow_expect_shadow(uint64_t address)
{
  int word = fallow_word_at(address);
  if (word >= 0 && *(uint64_t *)(address & ~7ull) != image->shadow[word])
    fallow_fail(FALLOW_FAULT_UNANNOUNCED, 0);
}

void fallow_set_shadow(uint64_t address)
{
  int word = fallow_word_at(address);
  if (word >= 0) image->shadow[word] = *(uint64_t *)(address & ~7ull);
}
