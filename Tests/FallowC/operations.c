/* SPDX-License-Identifier: Apache-2.0 */

/* What every function of fallow.h does, where it is called as it should be. */
#include "host.h"

static struct fallow_error error;
static uint64_t kernel;

struct seen {
  unsigned count;
  struct fallow_leaf leaves[16];
};

/* Runs in a read section, so nothing is looked at there. */
static void see_inside(void *context, const struct fallow_leaf *leaf) {
  struct seen *seen = context;
  if (seen->count < 16) seen->leaves[seen->count++] = *leaf;
}

static uint32_t attributes(uint64_t root, uint64_t address) {
  struct fallow_translation found;
  EXPECT(fallow_user_translate(root, address, &found));
  return found.attributes;
}
static uint64_t target(uint64_t root, uint64_t address) {
  struct fallow_translation found;
  return fallow_user_translate(root, address, &found) ? found.address : 0;
}

static void kernel_half(void) {
  struct fallow_translation found;
  struct fallow_stale stale = {0};
  struct fallow_frames frames = {0};
  struct fallow_leaf leaf;
  struct seen seen = {0};
  uint64_t taken = host.taken, hole = 0;
  uint32_t data = FALLOW_WRITABLE | FALLOW_GLOBAL;

  DONE(fallow_map(kernel, KERNEL, 3 * PAGE, 1 << 20, data, &error));
  EXPECT(fallow_map(kernel, KERNEL + PAGE, PAGE, 0, data, &error) ==
             FALLOW_OCCUPIED &&
         error.address == KERNEL + PAGE && error.level == 1);
  EXPECT(fallow_map(kernel, KERNEL + PAGE, PAGE, 0, data, NULL) ==
         FALLOW_OCCUPIED); /* nobody wants to know where */
  EXPECT(fallow_translate(kernel, KERNEL + 0x1234, &found) &&
         found.address == (1 << 20) + 0x1234 && found.level == 1 &&
         found.attributes == data);
  DONE(fallow_next(kernel, KERNEL - 0, 1ul << 30, &leaf, &error));
  EXPECT(leaf.start == KERNEL && leaf.size == PAGE && leaf.level == 1);
  DONE(fallow_next_hole(kernel, KERNEL, 1ul << 30, PAGE, PAGE, &hole,
                        &error));
  EXPECT(hole == KERNEL + 3 * PAGE);
  DONE(fallow_next_hole(kernel, KERNEL, 1ul << 30, 2 * PAGE, 1 << 16, &hole,
                        &error));
  EXPECT(hole == KERNEL + (1 << 16));
  DONE(fallow_walk(kernel, KERNEL, 1ul << 30, see_inside, &seen, &error));
  EXPECT(seen.count == 3 && seen.leaves[2].address == (1 << 20) + 2 * PAGE);

  DONE(fallow_change(kernel, KERNEL, PAGE, FALLOW_SOFTWARE_0, FALLOW_WRITABLE,
                     &stale, &error));
  EXPECT(stale.start == KERNEL && stale.size == PAGE);
  EXPECT(fallow_translate(kernel, KERNEL, &found) &&
         found.attributes == (FALLOW_SOFTWARE_0 | FALLOW_GLOBAL));
  DONE(fallow_protect(kernel, KERNEL, PAGE, data, NULL, &error));
  EXPECT(fallow_translate(kernel, KERNEL, &found) && found.attributes == data);
  DONE(fallow_remap(kernel, KERNEL, 1, 5 << 20, data | FALLOW_DIRTY, true,
                    &leaf, &stale, &error));
  EXPECT(leaf.start == KERNEL && leaf.address == 1 << 20);
  seen.count = 0;
  DONE(fallow_harvest(kernel, KERNEL, 3 * PAGE, FALLOW_DIRTY, see_inside,
                      &seen, &stale, &error));
  EXPECT(seen.count == 1 && seen.leaves[0].attributes & FALLOW_DIRTY);
  DONE(fallow_forget(&stale));
  EXPECT(stale.size == 0 && host.submitted == 0); /* no device is bound */

  seen.count = 0;
  DONE(fallow_unmap_visiting(kernel, KERNEL, 2 * PAGE, see_inside, &seen,
                             &stale, &error));
  EXPECT(seen.count == 2 && seen.leaves[0].address == 5 << 20 &&
         stale.size == 2 * PAGE);
  DONE(fallow_unmap(kernel, KERNEL + 2 * PAGE, PAGE, &stale, &error));
  EXPECT(stale.size == 3 * PAGE);
  EXPECT(fallow_quarantined() == 2 + HAS_OWN_ROOTS && host.worker_is_due);
  DONE(fallow_forget(&stale));
  fallow_reclaim();
  EXPECT(fallow_quarantined() == 0 && host.taken == taken);

  /* Levels; a leaf of 2 MiB and back. */
  DONE(fallow_map(kernel, KERNEL, 2ul << 20, 4ul << 20, data, &error));
  EXPECT(fallow_translate(kernel, KERNEL, &found) && found.level == 2);
  EXPECT(fallow_unmap(kernel, KERNEL, PAGE, &stale, &error) ==
             FALLOW_PARTIAL_LEAF &&
         error.level == 2);
  DONE(fallow_split(kernel, KERNEL + PAGE, 2, true, &error));
  EXPECT(fallow_translate(kernel, KERNEL, &found) && found.level == 1);
  DONE(fallow_collapse(kernel, KERNEL, 2, true, &error));
  EXPECT(fallow_translate(kernel, KERNEL, &found) && found.level == 2 &&
         found.address == 4ul << 20);
  DONE(fallow_unmap(kernel, KERNEL, 2ul << 20, &stale, &error));
  DONE(fallow_map_at_most(kernel, KERNEL, 2ul << 20, 4ul << 20, data, 1,
                          &error));
  EXPECT(fallow_translate(kernel, KERNEL, &found) && found.level == 1);
  DONE(fallow_unmap(kernel, KERNEL, 2ul << 20, &stale, &error));
  fallow_reclaim();

  /* A reservation is enough where there is no frame left. */
  DONE(fallow_reserve(kernel, KERNEL, PAGE, 1 << 20, 1, &frames, &error));
  host.limit = host.taken;
  EXPECT(fallow_map(kernel, KERNEL, PAGE, 1 << 20, data, &error) ==
         FALLOW_OUT_OF_FRAMES);
  struct fallow_frames none = {0};
  EXPECT(fallow_reserve(kernel, KERNEL, PAGE, 1 << 20, 1, &none, &error) ==
             FALLOW_OUT_OF_FRAMES &&
         none.library == 0);
  DONE(fallow_map_reserved(kernel, KERNEL, PAGE, 1 << 20, data, 1, &frames,
                           &error));
  host.limit = FRAMES;
  fallow_give_back(&frames);
  DONE(fallow_unmap(kernel, KERNEL, PAGE, NULL, &error));
  DONE(fallow_forget(&stale));
  fallow_reclaim();
  EXPECT(host.taken == taken);
}

static unsigned done_count;
static void done(struct fallow_deferred *deferred) {
  EXPECT(deferred->stale.size == 0);
  done_count++;
}

static void user_half(void) {
  struct fallow_stale stale = {0};
  struct fallow_frames frames = {0};
  struct fallow_leaf leaf;
  struct seen seen = {0};
  struct fallow_binding first, second;
  struct fallow_deferred deferred = {.done = done};
  uint64_t taken = host.taken, hole = 0;
  uint64_t user = fallow_make_user_space(kernel);
  uint64_t other = fallow_make_user_space(kernel);

  DONE(fallow_user_bind(user, 1, 7, &first));
  DONE(fallow_user_bind(user, 2, 7, &second));
  EXPECT(host.attached == 2);

  DONE(fallow_user_map(user, USER, 2 * PAGE, 1 << 20, DATA, &error));
  host.submitted = host.awaited = 0;
  DONE(fallow_user_unmap(user, USER, PAGE, &stale, &error));
  EXPECT(host.submitted == 0); /* not before it is asked for */
  host.is_silent = true;
  EXPECT(fallow_forget(&stale) == FALLOW_UNANSWERED && stale.size == PAGE);
  host.is_silent = false;
  DONE(fallow_forget(&stale));
  EXPECT(host.submitted == 2 && host.awaited == 1 && host.last_pasid == 7 &&
         stale.size == 0);

  /* A right that is taken away is stale, one that is given is not. */
  DONE(fallow_user_change(user, USER + PAGE, PAGE, 0, FALLOW_WRITABLE, &stale,
                          &error));
  EXPECT(stale.size == PAGE);
  DONE(fallow_forget(&stale));
  DONE(fallow_user_protect(user, USER + PAGE, PAGE, DATA, &stale, &error));
  EXPECT(stale.size == 0 && attributes(user, USER + PAGE) == DATA);

  /* A copy on write. */
  DONE(fallow_user_map(user, USER, PAGE, 9 << 20, FALLOW_USER, &error));
  DONE(fallow_user_copy(user, other, USER, 1 << 20, FALLOW_SOFTWARE_0,
                        FALLOW_WRITABLE, see_inside, &seen, &stale, &error));
  EXPECT(seen.count == 2 && stale.start == USER + PAGE && stale.size == PAGE);
  EXPECT(attributes(other, USER) == FALLOW_USER &&
         attributes(user, USER) == FALLOW_USER);
  EXPECT(attributes(other, USER + PAGE) == (FALLOW_USER | FALLOW_SOFTWARE_0));
  EXPECT(attributes(user, USER + PAGE) == (FALLOW_USER | FALLOW_SOFTWARE_0));
  EXPECT(target(other, USER + PAGE) == (1 << 20) + PAGE);
  DONE(fallow_forget(&stale));
  DONE(fallow_user_remap(user, USER + PAGE, 1, 2 << 20, DATA, true, &leaf,
                         &stale, &error));
  EXPECT(leaf.address == (1 << 20) + PAGE && stale.size == PAGE);
  EXPECT(target(user, USER + PAGE) == 2 << 20 &&
         target(other, USER + PAGE) == (1 << 20) + PAGE);
  DONE(fallow_forget(&stale));
  EXPECT(fallow_user_copy(user, other, USER, 1 << 20, 0, 0, NULL, NULL,
                          &stale, &error) == FALLOW_OCCUPIED &&
         error.address == USER && stale.size == 0);

  /* A dirty page stays dirty in the parent alone. */
  DONE(fallow_user_map(user, USER + 2 * PAGE, PAGE, 3 << 20,
                       DATA | FALLOW_DIRTY, &error));
  DONE(fallow_user_copy(user, other, USER + 2 * PAGE, PAGE, FALLOW_SOFTWARE_0,
                        FALLOW_WRITABLE, NULL, NULL, &stale, &error));
  EXPECT(attributes(user, USER + 2 * PAGE) & FALLOW_DIRTY &&
         !(attributes(other, USER + 2 * PAGE) & FALLOW_DIRTY));
  DONE(fallow_forget(&stale));
  DONE(fallow_user_unmap(user, USER + 2 * PAGE, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_user_unmap(other, USER + 2 * PAGE, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));

  /* A copy that runs out of frames says where. */
  uint64_t child = fallow_make_user_space(kernel);
  host.limit = host.taken;
  EXPECT(fallow_user_copy(user, child, USER, 1 << 20, FALLOW_SOFTWARE_0,
                          FALLOW_WRITABLE, NULL, NULL, &stale, &error) ==
             FALLOW_OUT_OF_FRAMES &&
         error.address == USER && stale.size == 0);
  host.limit = FRAMES;

  /* A leaf that reaches out of the range: nothing is copied or narrowed. */
  uint64_t large = 2ul << 20;
  DONE(fallow_user_map(user, USER + large, large, 4ul << 20, DATA, &error));
  EXPECT(fallow_user_copy(user, child, USER, large + PAGE, FALLOW_SOFTWARE_0,
                          FALLOW_WRITABLE, NULL, NULL, &stale, &error) ==
             FALLOW_PARTIAL_LEAF &&
         error.address == USER + large && error.level == 2 && stale.size == 0);
  EXPECT(fallow_user_next(child, USER, large, &leaf, &error) ==
             FALLOW_NOT_MAPPED &&
         attributes(user, USER + PAGE) == DATA);
  DONE(fallow_user_unmap(user, USER + large, large, &stale, &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_end_user_space(child, &error));

  DONE(fallow_user_next(user, USER, 1ul << 30, &leaf, &error));
  EXPECT(leaf.start == USER);
  DONE(fallow_user_next_hole(user, USER, 1ul << 30, PAGE, PAGE, &hole,
                             &error));
  EXPECT(hole == USER + 2 * PAGE);
  seen.count = 0;
  DONE(fallow_user_walk(user, USER, 2 * PAGE, see_inside, &seen, &error));
  EXPECT(seen.count == 2);
  DONE(fallow_user_change(user, USER, PAGE, FALLOW_ACCESSED, 0, &stale,
                          &error));
  seen.count = 0;
  DONE(fallow_user_harvest(user, USER, 2 * PAGE, FALLOW_ACCESSED, see_inside,
                           &seen, &stale, &error));
  EXPECT(seen.count == 1 && !(attributes(user, USER) & FALLOW_ACCESSED));
  seen.count = 0;
  DONE(fallow_user_unmap_visiting(user, USER, 2 * PAGE, see_inside, &seen,
                                  &stale, &error));
  EXPECT(seen.count == 2 && seen.leaves[1].address == 2 << 20);

  /* The worker forgets, again where a device is silent at first. */
  deferred.stale = stale;
  stale = (struct fallow_stale){0};
  host.worker_is_due = 0;
  fallow_forget_later(&deferred);
  EXPECT(host.worker_is_due && done_count == 0);
  host.is_silent = true;
  fallow_reclaim();
  EXPECT(done_count == 0 && deferred.stale.size != 0);
  host.is_silent = false;
  fallow_reclaim();
  EXPECT(done_count == 1);
  fallow_reclaim();
  EXPECT(done_count == 1);

  /* A large leaf, in pieces and back; a map of pages, from a reservation. */
  DONE(fallow_user_map(user, USER, 2ul << 20, 4ul << 20, DATA, &error));
  DONE(fallow_user_split(user, USER, 2, true, &error));
  DONE(fallow_user_collapse(user, USER, 2, true, &stale, &error));
  EXPECT(stale.size == 2ul << 20 && target(user, USER + 0x1234) != 0);
  DONE(fallow_forget(&stale));
  DONE(fallow_user_unmap(user, USER, 2ul << 20, &stale, &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_user_map_at_most(user, USER, 2ul << 20, 4ul << 20, DATA, 1,
                               &error));
  EXPECT(fallow_user_map(user, USER - PAGE, 2 * PAGE, 0, DATA, &error) ==
             FALLOW_OCCUPIED &&
         error.address == USER);
  DONE(fallow_user_unmap(user, USER - PAGE, (2ul << 20) + PAGE, &stale,
                         &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_user_reserve(user, USER, PAGE, 1 << 20, 1, &frames, &error));
  host.limit = host.taken;
  DONE(fallow_user_map_reserved(user, USER, PAGE, 1 << 20, DATA, 1, &frames,
                                &error));
  host.limit = FRAMES;
  fallow_give_back(&frames);

  /* The end. */
  EXPECT(fallow_end_user_space(user, &error) == FALLOW_MAPPED &&
         error.address == USER);
  DONE(fallow_user_unmap(user, USER, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  EXPECT(fallow_end_user_space(user, &error) == FALLOW_BOUND);
  DONE(fallow_unbind(&first));
  EXPECT(fallow_end_user_space(user, &error) == FALLOW_BOUND);
  DONE(fallow_unbind(&second));
  EXPECT(host.detached == 2);
  DONE(fallow_end_user_space(user, &error));
  DONE(fallow_user_unmap(other, USER, 2 * PAGE, &stale, &error));
  host.submitted = 0;
  DONE(fallow_forget(&stale));
  EXPECT(host.submitted == 0);
  DONE(fallow_end_user_space(other, &error));
  fallow_reclaim();
  EXPECT(host.taken == taken && fallow_quarantined() == 0);
}

/* Spaces come and go, and no frame is lost, whatever runs out. */
static void many_spaces(void) {
  struct fallow_stale stale = {0};
  struct fallow_binding binding;
  uint64_t taken = host.taken;
  for (int i = 0; i < 1000; i++) {
    uint64_t user = fallow_make_user_space(kernel);
    DONE(fallow_user_bind(user, 1, FALLOW_WITHOUT_PASID(3), &binding));
    DONE(fallow_user_map(user, USER, 3 * PAGE, 1 << 20, DATA, &error));
    DONE(fallow_user_unmap(user, USER, 3 * PAGE, &stale, &error));
    DONE(fallow_forget(&stale));
    DONE(fallow_unbind(&binding));
    DONE(fallow_end_user_space(user, &error));
  }
  EXPECT(host.taken == taken);
  host.submitted = 0;
  DONE(fallow_map(kernel, KERNEL, PAGE, 1 << 20, 0, &error));
  DONE(fallow_unmap(kernel, KERNEL, PAGE, NULL, &error));
  fallow_reclaim();
  EXPECT(host.taken == taken && host.submitted == 0);
  for (uint64_t more = 0; more < 300; more++) {
    host.limit = host.taken + more;
    uint64_t second = fallow_make_kernel_space();
    if (second != FALLOW_NONE) DONE(fallow_end_kernel_space(second, &error));
    EXPECT(host.taken == taken);
  }
  host.limit = FRAMES;
}

/* What the first users of the interface met with. */
static void reports(void) {
  struct fallow_stale stale = {0};
  struct fallow_translation found;
  uint64_t taken = host.taken, user = fallow_make_user_space(kernel);
  struct fallow_binding binding;

  /* No byte is mapped by a map of none. */
  DONE(fallow_user_map(user, USER, 0, 1 << 20, DATA, &error));
  DONE(fallow_user_unmap(user, USER, 0, &stale, &error));
  EXPECT(!fallow_user_translate(user, USER, &found));
  DONE(fallow_forget(&stale));

  /* What was refused is not stale. */
  DONE(fallow_user_map(user, USER, 2ul << 20, 64ul << 20, DATA, &error));
  DONE(fallow_user_map(user, USER - PAGE, PAGE, 1 << 20, DATA, &error));
  EXPECT(fallow_user_unmap(user, USER - PAGE, 2 * PAGE, &stale, &error) ==
             FALLOW_PARTIAL_LEAF &&
         error.address == USER && error.level == 2 && stale.size == 0);
  EXPECT(target(user, USER) == 64ul << 20 && target(user, USER - PAGE));
  EXPECT(fallow_user_protect(user, USER + PAGE, PAGE, FALLOW_USER, &stale,
                             &error) == FALLOW_PARTIAL_LEAF);
  /* A partial leaf is no dead end. */
  DONE(fallow_user_split(user, USER, 2, true, &error));
  DONE(fallow_user_unmap(user, USER - PAGE, 2 * PAGE, &stale, &error));
  EXPECT(!target(user, USER) && target(user, USER + PAGE));
  DONE(fallow_user_unmap(user, USER, 2ul << 20, &stale, &error));
  DONE(fallow_forget(&stale));

  /* The occupied address is one at which something is mapped. */
  DONE(fallow_user_map(user, USER + (1 << 20), PAGE, 1 << 20, DATA, &error));
  EXPECT(fallow_user_map(user, USER, 2ul << 20, 64ul << 20, DATA, &error) ==
             FALLOW_OCCUPIED &&
         target(user, error.address) == 1 << 20);
  EXPECT(fallow_user_map(user, USER, 2ul << 20, (64ul << 20) + PAGE, DATA,
                         &error) == FALLOW_OCCUPIED &&
         target(user, error.address) == 1 << 20);
  DONE(fallow_user_unmap(user, USER, 2ul << 20, &stale, &error));
  DONE(fallow_forget(&stale));

  /* No table is lost where the frames run out. */
  uint64_t before = host.taken;
  for (uint64_t more = 0; more < 3; more++) {
    host.limit = before + more;
    EXPECT(fallow_user_map(user, USER, PAGE, 1 << 20, DATA, &error) ==
               FALLOW_OUT_OF_FRAMES &&
           error.address == USER);
    host.limit = FRAMES;
    DONE(fallow_user_unmap(user, USER, PAGE, &stale, &error));
    DONE(fallow_forget(&stale));
  }

  /* No address is an alias of another. */
  DONE(fallow_user_map(user, USER, PAGE, 1 << 20, DATA, &error));
  DONE(fallow_map(kernel, KERNEL, 2 * PAGE, 2 << 20, FALLOW_WRITABLE,
                  &error));
  EXPECT(!target(user, USER | 1ul << 52) && !target(user, USER | 1ul << 48));
  EXPECT(!fallow_translate(kernel, KERNEL & 0xffffffffffff, &found));
  EXPECT(!fallow_translate(kernel, 0x1234800000000000, &found));
  EXPECT(HAS_OWN_ROOTS != (target(user, KERNEL) == 2 << 20));

  /* One page of two in the kernel half is stale for a device too; a space that
   * no device walks is not asked. */
  DONE(fallow_user_bind(user, 1, 7, &binding));
  host.submitted = 0;
  DONE(fallow_unmap(kernel, KERNEL, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  EXPECT(host.submitted == 1 && host.last_pasid == 7);
  DONE(fallow_user_unmap(user, USER, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_unbind(&binding));
  DONE(fallow_unmap(kernel, KERNEL, 2 * PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  DONE(fallow_end_user_space(user, &error));
  fallow_reclaim();
  EXPECT(host.taken == taken);
}

static bool is_reserved(uint64_t frame) { return frame % 2 == 0; }

/* Tables that boot code made: a root with one table of each level. */
static void adopt(void) {
  struct fallow_translation found;
  uint64_t taken = host.taken, tables[4];
  for (int i = 0; i < 4; i++) {
    tables[i] = fallow_kernel_allocate(0);
    memset((char *)host.memory + (tables[i] - FIRST_FRAME) * PAGE, 0, PAGE);
  }
  uint64_t *at[4];
  for (int i = 0; i < 4; i++)
    at[i] = (uint64_t *)host.memory + (tables[i] - FIRST_FRAME) * (PAGE / 8);
  int top = HAS_OWN_ROOTS ? 0 : 256;
  at[0][top] = tables[1] << 12 | 3;
  at[1][0] = tables[2] << 12 | 3;
  at[2][0] = tables[3] << 12 | 3;
  at[3][1] = (1 << 20) | 0x8000000000000103; /* writable, global, no execute */
  uint64_t address = (HAS_OWN_ROOTS ? 0 : KERNEL) + PAGE;
  at[3][2] = 2; /* not present, not zero */
  EXPECT(fallow_adopt_kernel_space(tables[0], is_reserved, &error) ==
             FALLOW_UNSUPPORTED_ENTRY &&
         error.level == 1 && error.address == address + PAGE);
  at[3][2] = 0;
  DONE(fallow_adopt_kernel_space(tables[0], is_reserved, &error));
  EXPECT(fallow_translate(tables[0], address, &found) &&
         found.address == 1 << 20 &&
         found.attributes == (FALLOW_WRITABLE | FALLOW_GLOBAL));
  DONE(fallow_unmap(tables[0], address, PAGE, NULL, &error));
  fallow_reclaim();
  DONE(fallow_end_kernel_space(tables[0], &error));
  /* Reserved tables do not come back. */
  int kept = 0;
  for (int i = 0; i < 4; i++) kept += is_reserved(tables[i]);
  EXPECT(host.taken == taken + kept && kept > 0);
}

int main(void) {

  host_start();
  EXPECT(fallow_descriptor_size() == FALLOW_DESCRIPTOR_SIZE);
  EXPECT(fallow_word_bytes(3) == FALLOW_WORD_BYTES(3));
  adopt(); /* frames that were no tables of the library's before */
  kernel = fallow_make_kernel_space();
  EXPECT(kernel != FALLOW_NONE);
  kernel_half();
  user_half();
  reports();
  many_spaces();
  DONE(fallow_end_kernel_space(kernel, &error));
  printf("every function does what fallow.h says, and every frame is back\n");
  return 0;
}
