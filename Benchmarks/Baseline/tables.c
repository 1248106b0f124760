/* SPDX-License-Identifier: Apache-2.0 */

/* The speed of C: the page tables of x86-64 with 4 levels as a kernel in C
 * has them. Two lines differ from the plainest C, since an honest map needs
 * them: a walk stops at a large leaf, and each table counts its entries in use,
 * so that an empty one is found without a search.
 *
 * It frees a table at once; nothing stands between unlink and reuse.
 *
 * Built with -DNEIGHBOURS it promises what the library does beside that: CPUs
 * that work on pages of one table need no lock between them, and what a walker
 * writes into a leaf that is handed out is not lost.
 *
 * usage: tables OP REPS, prints: c OP ns-per-unit units checked */
#include "arena.h"

#define PRESENT 1ull
#define WRITABLE 2ull
#define USER 4ull
#define LARGE 0x80ull
#define NO_EXECUTE (1ull << 63)
#define ADDRESS 0x000ffffffffff000ull
#define LEAF (PRESENT | WRITABLE | USER | NO_EXECUTE)
#define TABLE (PRESENT | WRITABLE | USER)

#define BASE 0x0000100000000000ull
#define TARGET 0x0000000100000000ull
#define PAGES 262144ul
#define LOOK_UPS 1000000ul

static uint64_t root;
static uint32_t live[ARENA_PAGES];
static uint32_t *offsets;

static inline uint32_t *live_of(uint64_t table) {
  return &live[(table - FIRST_ADDRESS) / PAGE];
}
static inline volatile uint64_t *slot(uint64_t table, uint64_t address,
                                      int shift) {
  return (volatile uint64_t *)at(table) + (address >> shift & 511);
}

/* What neighbours and walkers cost: counts, tables that come to their end, links
 * and leaves that are taken. */
#ifdef NEIGHBOURS
#define ENDED (1u << 31)
static inline int count_up(uint64_t table, uint32_t entries) {
  uint32_t sum =
      __atomic_add_fetch(live_of(table), entries, __ATOMIC_SEQ_CST);
  return !(sum & ENDED);
}
static inline uint32_t count_down(uint64_t table, uint32_t entries) {
  return __atomic_sub_fetch(live_of(table), entries, __ATOMIC_SEQ_CST);
}
static inline int end(uint64_t table) {
  uint32_t none = 0;
  return __atomic_compare_exchange_n(live_of(table), &none, ENDED, 0,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline int link(volatile uint64_t *entry, uint64_t value) {
  uint64_t none = 0;
  return __atomic_compare_exchange_n(entry, &none, value, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}
static inline uint64_t take(volatile uint64_t *entry, uint64_t found) {
  (void)found;
  return __atomic_exchange_n(entry, 0, __ATOMIC_SEQ_CST);
}
#else
static inline int count_up(uint64_t table, uint32_t entries) {
  *live_of(table) += entries;
  return 1;
}
static inline uint32_t count_down(uint64_t table, uint32_t entries) {
  return *live_of(table) -= entries;
}
static inline int end(uint64_t table) {
  (void)table;
  return 1;
}
static inline int link(volatile uint64_t *entry, uint64_t value) {
  __atomic_store_n(entry, value, __ATOMIC_RELEASE);
  return 1;
}
static inline uint64_t take(volatile uint64_t *entry, uint64_t found) {
  *entry = 0;
  return found;
}
#endif

static uint64_t table_new(void) {
  uint64_t table = page_get();
  memset(at(table), 0, PAGE);
  *live_of(table) = 0;
  return table;
}

/* No table: the one above has come to its end. */
#define AGAIN 1ul

/* The table below an entry, made where it is missing; 0 at a large leaf. */
static inline uint64_t below(uint64_t table, uint64_t address, int shift) {
  volatile uint64_t *entry = slot(table, address, shift);
  uint64_t found = *entry;
  if (__builtin_expect(found == 0, 0)) {
    if (!count_up(table, 1)) return AGAIN;
    uint64_t child = table_new();
    if (link(entry, child | TABLE)) return child;
    count_down(table, 1);
    page_put(child);
    found = *entry;
  }
  return found & LARGE ? 0 : found & ADDRESS;
}

static inline int map_page(uint64_t address, uint64_t target) {
  uint64_t table;
again:
  table = root;
#pragma GCC unroll 4
  for (int shift = 39; shift > 12; shift -= 9) {
    table = below(table, address, shift);
    if (table <= AGAIN) {
      if (table == AGAIN) goto again;
      return -1;
    }
  }
  volatile uint64_t *entry = slot(table, address, 12);
  if (*entry) return -1;
  if (!count_up(table, 1)) goto again;
  *entry = target | LEAF;
  return 0;
}

static inline void unmap_page(uint64_t address) {
  uint64_t tables[4] = {root};
#pragma GCC unroll 4
  for (int level = 0; level < 3; level++) {
    uint64_t found = *slot(tables[level], address, 39 - 9 * level);
    if (!(found & PRESENT) || found & LARGE) return;
    tables[level + 1] = found & ADDRESS;
  }
  volatile uint64_t *entry = slot(tables[3], address, 12);
  if (!*entry) return;
  *entry = 0;
  for (int level = 3; count_down(tables[level], 1) == 0 && level > 0; level--) {
    if (!end(tables[level])) return;
    *slot(tables[level - 1], address, 48 - 9 * level) = 0;
    page_put(tables[level]);
  }
}

static inline uint64_t translate(uint64_t address) {
  uint64_t table = root;
#pragma GCC unroll 4
  for (int shift = 39; shift > 12; shift -= 9) {
    uint64_t entry = *slot(table, address, shift);
    if (!(entry & PRESENT)) return 0;
    uint64_t rest = (1ull << shift) - 1;
    if (entry & LARGE) return (entry & ADDRESS & ~rest) | (address & rest);
    table = entry & ADDRESS;
  }
  uint64_t entry = *slot(table, address, 12);
  return entry & PRESENT ? (entry & ADDRESS) | (address & 4095) : 0;
}

/* Ranges: one visit for each table. */
static int map_range(uint64_t address, uint64_t target, size_t pages,
                     int large) {
  while (pages) {
    uint64_t table;
  again:
    table = root;
#pragma GCC unroll 4
    for (int shift = 39; shift > 21; shift -= 9) {
      table = below(table, address, shift);
      if (table <= AGAIN) {
        if (table == AGAIN) goto again;
        return -1;
      }
    }
    if (large) {
      volatile uint64_t *entry = slot(table, address, 21);
      if (*entry) return -1;
      if (!count_up(table, 1)) goto again;
      *entry = target | LEAF | LARGE;
      address += 512 * PAGE, target += 512 * PAGE, pages -= 512;
      continue;
    }
    table = below(table, address, 21);
    if (table == AGAIN) goto again;
    if (!table) return -1;
    size_t index = address >> 12 & 511;
    size_t run = 512 - index < pages ? 512 - index : pages;
    if (!count_up(table, (uint32_t)run)) goto again;
    volatile uint64_t *entry = (volatile uint64_t *)at(table) + index;
    for (size_t i = 0; i < run; i++, target += PAGE) {
      if (entry[i]) return -1;
      entry[i] = target | LEAF;
    }
    address += run * PAGE, pages -= run;
  }
  return 0;
}

static uint64_t unmap_range(uint64_t address, size_t pages) {
  uint64_t sum = 0;
  while (pages) {
    uint64_t tables[4] = {root};
#pragma GCC unroll 4
    for (int level = 0; level < 3; level++)
      tables[level + 1] =
          *slot(tables[level], address, 39 - 9 * level) & ADDRESS;
    size_t index = address >> 12 & 511;
    size_t run = 512 - index < pages ? 512 - index : pages;
    volatile uint64_t *entry = (volatile uint64_t *)at(tables[3]) + index;
    uint32_t cleared = 0;
    for (size_t i = 0; i < run; i++) {
      uint64_t found = entry[i];
      if (!found) continue;
      sum += take(&entry[i], found) & ADDRESS;
      cleared++;
    }
    uint32_t left = count_down(tables[3], cleared);
    for (int level = 3; level > 0 && left == 0; level--) {
      if (!end(tables[level])) break;
      *slot(tables[level - 1], address, 48 - 9 * level) = 0;
      page_put(tables[level]);
      left = count_down(tables[level - 1], 1);
    }
    address += run * PAGE, pages -= run;
  }
  return sum;
}

MEASURED void op_map4k(void) {
  for (uint64_t i = 0; i < PAGES; i++)
    if (map_page(BASE + i * PAGE, TARGET + i * PAGE)) abort();
}
MEASURED void op_map4k_range(void) {
  if (map_range(BASE, TARGET, PAGES, 0)) abort();
}
MEASURED void op_unmap4k(void) {
  for (uint64_t i = 0; i < PAGES; i++) unmap_page(BASE + i * PAGE);
}
MEASURED uint64_t op_unmap4k_range_read(void) {
  return unmap_range(BASE, PAGES);
}
MEASURED uint64_t op_translate(void) {
  uint64_t sum = 0;
  for (size_t i = 0; i < LOOK_UPS; i++) sum += translate(BASE + offsets[i]);
  return sum;
}
MEASURED void op_cycle(size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    for (uint64_t i = 0; i < 512; i++)
      if (map_page(BASE + i * PAGE, TARGET + i * PAGE)) abort();
    for (uint64_t i = 0; i < 512; i++) unmap_page(BASE + i * PAGE);
  }
}
MEASURED void op_cycle1(size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    if (map_page(BASE, TARGET)) abort();
    unmap_page(BASE);
  }
}
MEASURED void op_cycle_range(size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    if (map_range(BASE, TARGET, 512, 0)) abort();
    unmap_range(BASE, 512);
  }
}
MEASURED void op_map2m(void) {
  if (map_range(BASE, TARGET, PAGES, 1)) abort();
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const char *op = argv[1];
  int reps = atoi(argv[2]);
  size_t rounds = reps > 1 ? 2000 : 100;
  uint64_t best = ~0ull, units = PAGES, state = 88172645463325252ull;
  offsets = malloc(LOOK_UPS * sizeof *offsets);
  for (size_t i = 0; i < LOOK_UPS; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    offsets[i] = (uint32_t)state & 0x3fffffff;
  }
  arena_start();
  for (int rep = 0; rep < reps; rep++) {
    arena_reset();
    root = table_new();
    int is_cycle = !strncmp(op, "cycle", 5);
    if (!strncmp(op, "unmap", 5) || !strcmp(op, "translate"))
      check(!map_range(BASE, TARGET, PAGES, 0), "set-up");
    if (is_cycle) map_page(BASE + 512 * PAGE, TARGET);
    long before = pages_out;
    uint64_t sum = 0, start = now();
    if (!strcmp(op, "map4k")) op_map4k();
    else if (!strcmp(op, "map4k_range")) op_map4k_range();
    else if (!strcmp(op, "unmap4k")) op_unmap4k();
    else if (!strcmp(op, "unmap4k_range_read")) sum = op_unmap4k_range_read();
    else if (!strcmp(op, "translate")) sum = op_translate(), units = LOOK_UPS;
    else if (!strcmp(op, "cycle")) op_cycle(rounds), units = rounds * 512;
    else if (!strcmp(op, "cycle1")) op_cycle1(rounds), units = rounds;
    else if (!strcmp(op, "cycle_range"))
      op_cycle_range(rounds), units = rounds * 512;
    else if (!strcmp(op, "map2m")) op_map2m(), units = 512;
    else return 2;
    uint64_t time = now() - start;
    if (time < best) best = time;
    if (!strncmp(op, "map4k", 5)) check(pages_out == before + 514, "tables");
    if (!strncmp(op, "unmap", 5)) check(pages_out == 1, "tables freed");
    if (is_cycle) check(pages_out == before, "tables freed");
    if (!strcmp(op, "map2m"))
      check(translate(BASE + 0x12345678) == TARGET + 0x12345678, "leaves");
    if (!strcmp(op, "translate")) {
      for (size_t i = 0; i < LOOK_UPS; i++) sum -= TARGET + offsets[i];
      check(sum == 0, "addresses");
    }
  }
  printf("c %s %.3f %lu checked\n", op, (double)best / (double)units,
         (unsigned long)units);
  return 0;
}
