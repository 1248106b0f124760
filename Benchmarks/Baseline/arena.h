/* SPDX-License-Identifier: Apache-2.0 */

/* Memory that stands for a machine's, a list of its free pages, a clock, and
 * what the two baselines share otherwise. */
#ifndef BASELINE_ARENA_H
#define BASELINE_ARENA_H

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096ul
#define FIRST_ADDRESS 0x100000ul
#define ARENA_PAGES 20480ul
#define MEASURED __attribute__((noinline))

static char *arena;
static uint64_t free_page; /* physical address of the first, 0 if none */
static size_t fresh_pages;
static long pages_out;

static inline void *at(uint64_t address) {
  return arena + (address - FIRST_ADDRESS);
}

static inline uint64_t page_get(void) {
  uint64_t page = free_page;
  if (__builtin_expect(page != 0, 1)) {
    free_page = *(uint64_t *)at(page);
  } else {
    page = FIRST_ADDRESS + PAGE * fresh_pages++;
    if (fresh_pages > ARENA_PAGES) exit(2);
  }
  pages_out++;
  return page;
}

static inline void page_put(uint64_t page) {
  *(uint64_t *)at(page) = free_page;
  free_page = page;
  pages_out--;
}

static inline void arena_reset(void) {
  free_page = 0;
  fresh_pages = 0;
  pages_out = 0;
}

static inline void arena_start(void) {
  arena = mmap(NULL, ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (arena == MAP_FAILED) exit(2);
}

static inline uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static inline void check(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "wrong outcome: %s\n", what);
  exit(3);
}

#endif
