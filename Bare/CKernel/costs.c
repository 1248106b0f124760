/* What operations cost in instructions, callbacks included, where their tables
 * are linked: under -icount the counter is exact. None may cost more than
 * today, and a little. */
#include "kernel.h"

#define COSTS (24ul << 30) /* the addresses */

struct operation {
  const char *name;
  unsigned most; /* what it may cost */
  uint64_t pages;
  void (*run)(uint64_t root, uint64_t address, uint64_t size);
};

static struct fallow_stale stale;

static void map(uint64_t root, uint64_t address, uint64_t size) {
  fallow_user_map(root, address, size, 32ul << 20, DATA, NULL);
}
static void translate(uint64_t root, uint64_t address, uint64_t size) {
  struct fallow_translation found;
  (void)size;
  fallow_user_translate(root, address, &found);
}
static void protect(uint64_t root, uint64_t address, uint64_t size) {
  fallow_user_protect(root, address, size, DATA & ~FALLOW_WRITABLE, &stale,
                      NULL);
}
static void unmap(uint64_t root, uint64_t address, uint64_t size) {
  fallow_user_unmap(root, address, size, &stale, NULL);
}

static const struct operation operations[] = {
    {"map 1", 215, 1, map},
    {"translate", 150, 1, translate},
    {"protect 1", 295, 1, protect},
    {"unmap 1", 265, 1, unmap},
    {"map 256", 256 * 14, 256, map},
    {"unmap 256", 256 * 15, 256, unmap},
};

bool print_costs(uint64_t root) {
  bool is_in_bounds = true;
  /* A neighbour keeps the table. */
  map(root, COSTS + (1ul << 20), PAGE);
  for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++) {
    const struct operation *operation = &operations[i];
    uint64_t size = operation->pages * PAGE;
    operation->run(root, COSTS, size); /* once, to warm nothing up */
    if (operation->run == map) unmap(root, COSTS, size);
    if (operation->run == unmap) map(root, COSTS, size);
    uint64_t before = machine_instructions();
    operation->run(root, COSTS, size);
    uint64_t cost =
        (machine_instructions() - before) / TICKS_PER_INSTRUCTION;
    if (operation->most > 0 && cost > operation->most) is_in_bounds = false;
    print("# ");
    print(operation->name);
    print(": ");
    print_number(cost);
    print(" instructions\n");
  }
  unmap(root, COSTS, 2ul << 20);
  forget(&stale);
  return is_in_bounds;
}
