/* SPDX-License-Identifier: Apache-2.0 */

/* The mixes of fallow-bench in C: lists of operations, scattered pages, a copy
 * of an address space, and two threads in one table.
 *
 * usage: mixes MIX REPS FOLDER-OF-LISTS, prints: c MIX ns-per-unit units checked
 *        mixes halves1|halves2|alternate1|alternate2 REPS - */
#define main tables_main
#include "tables.c"
#undef main

#include <pthread.h>
#include <sched.h>

#define READ_ONLY (PRESENT | USER | NO_EXECUTE)
/* What a walker may have written stays. */
#define KEPT (ADDRESS | 0x60)

struct operation {
  uint32_t kind, page, count, frame;
};
static struct operation *operations;
static uint32_t operation_count;
static uint32_t *scattered;
static uint64_t child_root;

static inline int map_any(uint64_t address, uint64_t target, size_t pages) {
  if (pages == 1) return map_page(address, target);
  int large = pages == 512 && !((address | target) & (512 * PAGE - 1));
  return map_range(address, target, pages, large);
}

static inline void end_empty(uint64_t *tables, int level, uint64_t address,
                             uint32_t cleared) {
  uint32_t left = cleared ? count_down(tables[level], cleared) : 1;
  for (; level > 0 && left == 0; level--) {
    if (!end(tables[level])) break;
    *slot(tables[level - 1], address, 48 - 9 * level) = 0;
    page_put(tables[level]);
    left = count_down(tables[level - 1], 1);
  }
}

static void unmap_any(uint64_t address, size_t pages) {
  if (pages == 1) {
    unmap_page(address);
    return;
  }
  while (pages) {
    uint64_t tables[4] = {root}, found = 0;
    int level = 0;
    for (; level < 3; level++) {
      found = *slot(tables[level], address, 39 - 9 * level);
      if (!(found & PRESENT)) return;
      if (found & LARGE) break;
      tables[level + 1] = found & ADDRESS;
    }
    if (level < 3) {
      *slot(tables[level], address, 39 - 9 * level) = 0;
      end_empty(tables, level, address, 1);
      address += 512 * PAGE, pages -= 512;
      continue;
    }
    size_t index = address >> 12 & 511;
    size_t run = 512 - index < pages ? 512 - index : pages;
    volatile uint64_t *entry = (volatile uint64_t *)at(tables[3]) + index;
    uint32_t cleared = 0;
    for (size_t i = 0; i < run; i++) {
      if (!entry[i]) continue;
      entry[i] = 0;
      cleared++;
    }
    end_empty(tables, 3, address, cleared);
    address += run * PAGE, pages -= run;
  }
}

static inline void set_flags(volatile uint64_t *entry, uint64_t old,
                             uint64_t flags) {
#ifdef NEIGHBOURS
  while (!__atomic_compare_exchange_n(entry, &old, (old & KEPT) | flags, 0,
                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
#else
  *entry = (old & KEPT) | flags;
#endif
}

static void protect(uint64_t address, size_t pages, uint64_t flags) {
  while (pages) {
    uint64_t table = root;
    for (int shift = 39; shift > 12; shift -= 9) {
      uint64_t found = *slot(table, address, shift);
      if (!(found & PRESENT)) return;
      table = found & ADDRESS;
    }
    size_t index = address >> 12 & 511;
    size_t run = 512 - index < pages ? 512 - index : pages;
    volatile uint64_t *entry = (volatile uint64_t *)at(table) + index;
    for (size_t i = 0; i < run; i++) {
      uint64_t old = entry[i];
      if (old) set_flags(&entry[i], old, flags);
    }
    address += run * PAGE, pages -= run;
  }
}

MEASURED void op_mix(void) {
  for (uint32_t i = 0; i < operation_count; i++) {
    struct operation o = operations[i];
    uint64_t address = BASE + (uint64_t)o.page * PAGE;
    switch (o.kind) {
    case 1:
      if (map_any(address, TARGET + (uint64_t)o.frame * PAGE, o.count)) abort();
      break;
    case 2: unmap_any(address, o.count); break;
    case 3: protect(address, o.count, READ_ONLY); break;
    case 4: protect(address, o.count, LEAF); break;
    }
  }
}

static uint64_t table_of_pages(uint64_t table, uint64_t address) {
  for (int shift = 39; shift > 12; shift -= 9)
    table = below(table, address, shift);
  return table;
}

MEASURED void op_scatter(void) {
  for (size_t first = 0; first < PAGES; first += 512) {
    uint64_t table = table_of_pages(root, BASE + first * PAGE);
    volatile uint64_t *entry = (volatile uint64_t *)at(table);
    for (size_t i = 0; i < 512; i++) {
      if (entry[i]) abort();
      entry[i] = (uint64_t)scattered[first + i] << 12 | LEAF;
    }
    if (!count_up(table, 512)) abort();
  }
}

MEASURED uint64_t op_fork(void) {
  uint64_t copied = 0;
  for (size_t first = 0; first < PAGES; first += 512) {
    uint64_t address = BASE + first * PAGE, from = root;
    for (int shift = 39; shift > 12; shift -= 9)
      from = *slot(from, address, shift) & ADDRESS;
    uint64_t to = table_of_pages(child_root, address);
    volatile uint64_t *entry = (volatile uint64_t *)at(from);
    volatile uint64_t *copy = (volatile uint64_t *)at(to);
    uint32_t count = 0;
    for (size_t i = 0; i < 512; i++) {
      uint64_t value = entry[i];
      if (!value) continue;
      set_flags(&entry[i], value, READ_ONLY);
      copy[i] = value & ~WRITABLE;
      count++;
    }
    count_up(to, count);
    copied += count;
  }
  return copied;
}

/* Two threads in one table. */
#define ROUNDS 400
#define PAGES_PER_ROUND 250ul
static int alternate;
static int arrived;
static struct {
  uint64_t begin, end;
} runs[2];

static void one_table(uint64_t cpu) {
  for (int round = 0; round < ROUNDS; round++) {
    for (uint64_t i = 0; i < PAGES_PER_ROUND; i++) {
      uint64_t page = alternate ? i * 2 + cpu : cpu * 256 + i;
      if (map_page(BASE + page * PAGE, TARGET)) abort();
    }
    for (uint64_t i = 0; i < PAGES_PER_ROUND; i++)
      unmap_page(BASE + (alternate ? i * 2 + cpu : cpu * 256 + i) * PAGE);
  }
}

static void *thread(void *argument) {
  uint64_t cpu = (uint64_t)argument;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
  __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) & 1) {}
  runs[cpu].begin = now();
  one_table(cpu);
  runs[cpu].end = now();
  return NULL;
}

/* The sum of their times, or nothing if one ran for long without the other. */
static uint64_t two_threads(void) {
  pthread_t threads[2];
  for (uint64_t cpu = 0; cpu < 2; cpu++)
    if (pthread_create(&threads[cpu], NULL, thread, (void *)cpu)) exit(2);
  for (int cpu = 0; cpu < 2; cpu++) pthread_join(threads[cpu], NULL);
  uint64_t first = runs[0].begin, last = runs[0].end;
  uint64_t begin = first, end = last;
  if (runs[1].begin > begin) begin = runs[1].begin;
  else first = runs[1].begin;
  if (runs[1].end < end) end = runs[1].end;
  else last = runs[1].end;
  if (end < begin || (end - begin) * 5 < (last - first) * 4) return ~0ull;
  return runs[0].end - runs[0].begin + runs[1].end - runs[1].begin;
}

static int read_list(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.bin", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file || fread(&operation_count, 4, 1, file) != 1) return 0;
  operations = malloc(operation_count * sizeof *operations);
  return fread(operations, sizeof *operations, operation_count, file)
         == operation_count;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const char *mix = argv[1];
  int reps = atoi(argv[2]);
  int is_scatter = !strcmp(mix, "scatter"), is_fork = !strcmp(mix, "fork");
  int is_one_table = !strncmp(mix, "halves", 6) || !strncmp(mix, "alter", 5);
  uint64_t best = ~0ull, units = PAGES, state = 88172645463325252ull;
  arena_start();
  scattered = malloc(PAGES * sizeof *scattered);
  for (size_t i = 0; i < PAGES; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    scattered[i] = 0x100000 + (uint32_t)(state & 0xffffff);
  }
  if (!is_scatter && !is_fork && !is_one_table && !read_list(argv[3], mix))
    return 2;
  alternate = mix[0] == 'a';
  for (int rep = 0; rep < reps; rep++) {
    arena_reset();
    root = table_new(), child_root = table_new();
    if (is_fork) op_scatter();
    if (is_one_table) map_page(BASE + 511 * PAGE, TARGET);
    long before = pages_out;
    uint64_t start = now(), time;
    if (is_scatter) op_scatter();
    else if (is_fork) units = op_fork();
    else if (is_one_table) {
      units = ROUNDS * PAGES_PER_ROUND;
      if (mix[strlen(mix) - 1] == '2') {
        time = two_threads();
        units *= 2;
        if (time < best) best = time;
        continue;
      }
      one_table(0);
    } else op_mix(), units = operation_count;
    time = now() - start;
    if (time < best) best = time;
    if (is_scatter || is_fork)
      check(translate(BASE + 5 * PAGE) == (uint64_t)scattered[5] << 12, "pages");
    else check(pages_out == before, "tables freed");
  }
  if (best == ~0ull) return 6;
  printf("c %s %.3f %lu checked\n", mix, (double)best / (double)units,
         (unsigned long)units);
  return 0;
}
