/* SPDX-License-Identifier: Apache-2.0 */

/* Every function of fallow.h with every kind of wrong value: each is a named
 * error or a named fault, and nothing has changed. */
#include "host.h"

static struct fallow_error error;
static char *memory_before, *descriptors_before, *words_before;
static uint64_t taken_before;
static unsigned cases;

static void snapshot(void) {
  memcpy(memory_before, host.memory, FRAMES * PAGE);
  memcpy(descriptors_before, host.descriptors,
         FRAMES * FALLOW_DESCRIPTOR_SIZE);
  memcpy(words_before, host.words, FALLOW_WORD_BYTES(1));
  taken_before = host.taken;
}

static void unchanged(const char *what, int line) {
  bool is_same =
      !memcmp(memory_before, host.memory, FRAMES * PAGE) &&
      !memcmp(descriptors_before, host.descriptors,
              FRAMES * FALLOW_DESCRIPTOR_SIZE) &&
      !memcmp(words_before, host.words, FALLOW_WORD_BYTES(1)) &&
      taken_before == host.taken;
  host_expect(is_same, what, "misuse.c", line);
  cases++;
}

#define WRONG(fault, call)                     \
  do {                                         \
    FAULTS(fault, call);                       \
    unchanged("changed: " #call, __LINE__);    \
  } while (0)
#define REFUSED(outcome, call)                                              \
  do {                                                                      \
    int got = (int)(call);                                                  \
    if (got != (int)(outcome)) printf("outcome %d, not %s\n", got, #outcome); \
    host_expect(got == (int)(outcome), #call, __FILE__, __LINE__);          \
    unchanged("changed: " #call, __LINE__);                                 \
  } while (0)

/* Roots that are none. */
static uint64_t kernel, user, other, leaf_table, ended;
struct bad_root {
  uint64_t root;
  int fault;
};
static struct bad_root bad_roots[8];
static unsigned bad_root_count, at;

static void bad_root(uint64_t root, int fault) {
  bad_roots[bad_root_count++] = (struct bad_root){root, fault};
}

#define EACH_BAD_ROOT(opposite, call)                          \
  do {                                                         \
    for (at = 0; at < bad_root_count; at++) {                  \
      uint64_t root = bad_roots[at].root;                      \
      WRONG(bad_roots[at].fault, call);                        \
    }                                                          \
    uint64_t root = opposite;                                  \
    WRONG(FALLOW_WRONG_MARK, call);                            \
  } while (0)

/* Ranges that are none, of a half that `base` is in; `away` is in the other. */
struct bad_range {
  uint64_t start, size;
};
static unsigned bad_ranges(struct bad_range *all, uint64_t base,
                           uint64_t away) {
  unsigned count = 0;
  all[count++] = (struct bad_range){base + 8, PAGE};
  all[count++] = (struct bad_range){base, PAGE + 8};
  all[count++] = (struct bad_range){base, ~0ul};
  all[count++] = (struct bad_range){base + PAGE, ~0ul << 12};
  all[count++] = (struct bad_range){0x1234800000000000ul, PAGE};
  all[count++] = (struct bad_range){base ^ 1ul << 52, PAGE};
  all[count++] = (struct bad_range){base, 1ul << 50};
  all[count++] = (struct bad_range){~0ul << 12, 2 * PAGE};
  if (!HAS_OWN_ROOTS) all[count++] = (struct bad_range){away, PAGE};
  return count;
}
#define EACH_BAD_RANGE(base, away, call)                           \
  do {                                                             \
    struct bad_range all[16];                                      \
    unsigned count = bad_ranges(all, base, away);                  \
    for (unsigned i = 0; i < count; i++) {                         \
      uint64_t start = all[i].start, size = all[i].size;           \
      REFUSED(FALLOW_INVALID_ADDRESS, call);                       \
    }                                                              \
  } while (0)

#define EACH_BAD_TARGET(call)                                          \
  do {                                                                 \
    uint64_t all[] = {(1 << 20) | 6, (1 << 20) | 8,        1ul << 63,  \
                      1ul << 52,     (1ul << 52) - 0x800, ~0ul << 12}; \
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {          \
      uint64_t target = all[i];                                        \
      REFUSED(FALLOW_INVALID_ADDRESS, call);                           \
    }                                                                  \
  } while (0)

#define EACH_BAD_ATTRIBUTE(of_half, call)                                  \
  do {                                                                     \
    uint32_t all[] = {1u << 0,  1u << 7,  1u << 13, 1u << 15, 1u << 16,    \
                      1u << 20, 1u << 31, of_half,  FALLOW_UNREADABLE,     \
                      FALLOW_UNCACHED | FALLOW_WRITE_COMBINING,            \
                      FALLOW_DIRTY /* and not writable: a shadow stack */}; \
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {              \
      uint32_t attributes = all[i];                                        \
      error.attributes = 0;                                                \
      REFUSED(FALLOW_UNSUPPORTED_ATTRIBUTES, call);                        \
      EXPECT(error.attributes != 0);                                       \
    }                                                                      \
  } while (0)

#define EACH_BAD_LEVEL(first, last, call)                                   \
  do {                                                                      \
    uint32_t all[] = {0, first, last, 5, 200, 255, 256, 257, 1u << 31, ~0u}; \
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {               \
      uint32_t level = all[i];                                              \
      REFUSED(FALLOW_INVALID_LEVEL, call);                                  \
    }                                                                       \
  } while (0)

static void visit(void *context, const struct fallow_leaf *leaf) {
  (void)context, (void)leaf;
  EXPECT(!"a leaf is shown");
}
static bool is_reserved(uint64_t frame) {
  (void)frame;
  return false;
}
static void done(struct fallow_deferred *deferred) { (void)deferred; }

/* The functions that both halves have; `f(x)` is the name of x there. */
#define BOTH_HALVES(f, mine, opposite, base, away, of_half)                   \
  do {                                                                        \
    struct fallow_stale stale = {0};                                          \
    struct fallow_frames frames = {0};                                        \
    struct fallow_leaf leaf;                                                  \
    struct fallow_translation found;                                          \
    struct fallow_binding binding = {0};                                      \
    uint64_t hole;                                                            \
    EACH_BAD_ROOT(opposite, f(map)(root, base, PAGE, 1 << 20, 0, &error));    \
    EACH_BAD_RANGE(base, away, f(map)(mine, start, size, 1 << 20, 0, &error)); \
    EACH_BAD_TARGET(f(map)(mine, base, PAGE, target, 0, &error));             \
    EACH_BAD_ATTRIBUTE(of_half,                                               \
                       f(map)(mine, base, PAGE, 1 << 20, attributes, &error)); \
    EACH_BAD_ROOT(opposite,                                                   \
                  f(map_at_most)(root, base, PAGE, 1 << 20, 0, 1, &error));   \
    EACH_BAD_RANGE(base, away, f(map_at_most)(mine, start, size, 1 << 20, 0,  \
                                              1, &error));                    \
    EACH_BAD_TARGET(f(map_at_most)(mine, base, PAGE, target, 0, 1, &error));  \
    EACH_BAD_ATTRIBUTE(of_half, f(map_at_most)(mine, base, PAGE, 1 << 20,     \
                                               attributes, 1, &error));       \
    EACH_BAD_LEVEL(0, 4,                                                      \
                   f(map_at_most)(mine, base, PAGE, 1 << 20, 0, level,        \
                                  &error));                                   \
    EACH_BAD_ROOT(opposite, f(reserve)(root, base, PAGE, 1 << 20, 1, &frames, \
                                       &error));                              \
    EACH_BAD_RANGE(base, away, f(reserve)(mine, start, size, 1 << 20, 1,      \
                                          &frames, &error));                  \
    EACH_BAD_TARGET(f(reserve)(mine, base, PAGE, target, 1, &frames, &error)); \
    EACH_BAD_LEVEL(0, 4, f(reserve)(mine, base, PAGE, 1 << 20, level,         \
                                    &frames, &error));                        \
    WRONG(FALLOW_NULL_POINTER,                                                \
          f(reserve)(mine, base, PAGE, 1 << 20, 1, NULL, &error));            \
    EACH_BAD_ROOT(opposite, f(map_reserved)(root, base, PAGE, 1 << 20, 0, 1,  \
                                            &frames, &error));                \
    EACH_BAD_RANGE(base, away, f(map_reserved)(mine, start, size, 1 << 20, 0, \
                                               1, &frames, &error));          \
    EACH_BAD_TARGET(f(map_reserved)(mine, base, PAGE, target, 0, 1, &frames,  \
                                    &error));                                 \
    EACH_BAD_ATTRIBUTE(of_half,                                               \
                       f(map_reserved)(mine, base, PAGE, 1 << 20, attributes, \
                                       1, &frames, &error));                  \
    EACH_BAD_LEVEL(0, 4, f(map_reserved)(mine, base, PAGE, 1 << 20, 0, level, \
                                         &frames, &error));                   \
    WRONG(FALLOW_NULL_POINTER,                                                \
          f(map_reserved)(mine, base, PAGE, 1 << 20, 0, 1, NULL, &error));    \
    EACH_BAD_ROOT(opposite, f(unmap)(root, base, PAGE, &stale, &error));      \
    EACH_BAD_RANGE(base, away, f(unmap)(mine, start, size, &stale, &error));  \
    EACH_BAD_ROOT(opposite, f(unmap_visiting)(root, base, PAGE, visit, NULL,  \
                                              &stale, &error));               \
    EACH_BAD_RANGE(base, away, f(unmap_visiting)(mine, start, size, visit,    \
                                                 NULL, &stale, &error));      \
    WRONG(FALLOW_NULL_POINTER,                                                \
          f(unmap_visiting)(mine, base, PAGE, NULL, NULL, &stale, &error));   \
    EACH_BAD_ROOT(opposite, f(change)(root, base, PAGE, 0, 0, &stale,         \
                                      &error));                               \
    EACH_BAD_RANGE(base, away, f(change)(mine, start, size, 0, 0, &stale,     \
                                         &error));                            \
    EACH_BAD_ATTRIBUTE(of_half, f(change)(mine, base, PAGE, attributes, 0,    \
                                          &stale, &error));                   \
    REFUSED(FALLOW_UNSUPPORTED_ATTRIBUTES,                                    \
            f(change)(mine, base, PAGE, 0, 1u << 20, &stale, &error));        \
    EACH_BAD_ROOT(opposite, f(protect)(root, base, PAGE, 0, &stale, &error)); \
    EACH_BAD_RANGE(base, away, f(protect)(mine, start, size, 0, &stale,       \
                                          &error));                           \
    EACH_BAD_ATTRIBUTE(of_half, f(protect)(mine, base, PAGE, attributes,      \
                                           &stale, &error));                  \
    EACH_BAD_ROOT(opposite, f(remap)(root, base, 1, 1 << 20, 0, true, &leaf,  \
                                     &stale, &error));                        \
    REFUSED(FALLOW_INVALID_ADDRESS, f(remap)(mine, base + 8, 1, 1 << 20, 0,   \
                                             true, &leaf, &stale, &error));   \
    REFUSED(FALLOW_INVALID_ADDRESS, f(remap)(mine, base ^ 1ul << 52, 1,       \
                                             1 << 20, 0, true, &leaf, &stale, \
                                             &error));                        \
    REFUSED(FALLOW_INVALID_ADDRESS, f(remap)(mine, base, 2, 1 << 20, 0, true, \
                                             &leaf, &stale, &error));         \
    EACH_BAD_TARGET(f(remap)(mine, base, 1, target, 0, true, &leaf, &stale,   \
                             &error));                                        \
    EACH_BAD_ATTRIBUTE(of_half, f(remap)(mine, base, 1, 1 << 20, attributes,  \
                                         true, &leaf, &stale, &error));       \
    EACH_BAD_LEVEL(0, 4, f(remap)(mine, base, level, 1 << 20, 0, true, &leaf, \
                                  &stale, &error));                           \
    REFUSED(FALLOW_NOT_MAPPED, f(remap)(mine, base, 1, 1 << 20, 0, true,      \
                                        &leaf, &stale, &error));              \
    WRONG(FALLOW_NULL_POINTER, f(remap)(mine, base, 1, 1 << 20, 0, true,      \
                                        NULL, &stale, &error));               \
    EACH_BAD_ROOT(opposite, f(harvest)(root, base, PAGE, FALLOW_DIRTY, visit, \
                                       NULL, &stale, &error));                \
    EACH_BAD_RANGE(base, away, f(harvest)(mine, start, size, FALLOW_DIRTY,    \
                                          visit, NULL, &stale, &error));      \
    REFUSED(FALLOW_UNSUPPORTED_ATTRIBUTES,                                    \
            f(harvest)(mine, base, PAGE, FALLOW_WRITABLE, visit, NULL,        \
                       &stale, &error));                                      \
    REFUSED(FALLOW_UNSUPPORTED_ATTRIBUTES,                                    \
            f(harvest)(mine, base, PAGE, 1u << 20, visit, NULL, &stale,       \
                       &error));                                              \
    WRONG(FALLOW_NULL_POINTER, f(harvest)(mine, base, PAGE, FALLOW_DIRTY,     \
                                          NULL, NULL, &stale, &error));       \
    EACH_BAD_ROOT(opposite, f(split)(root, base, 2, true, &error));           \
    EACH_BAD_LEVEL(1, 4, f(split)(mine, base, level, true, &error));          \
    REFUSED(FALLOW_NOT_MAPPED, f(split)(mine, base, 2, true, &error));        \
    REFUSED(FALLOW_INVALID_ADDRESS,                                           \
            f(split)(mine, base ^ 1ul << 52, 2, true, &error));               \
    EACH_BAD_ROOT(opposite, (void)f(translate)(root, base, &found));          \
    WRONG(FALLOW_NULL_POINTER, (void)f(translate)(mine, base, NULL));         \
    REFUSED(false, f(translate)(mine, base ^ 1ul << 52, &found));             \
    REFUSED(false, f(translate)(mine, 0x1234800000000000ul, &found));         \
    EACH_BAD_ROOT(opposite, f(walk)(root, base, PAGE, visit, NULL, &error));  \
    EACH_BAD_RANGE(base, away, f(walk)(mine, start, size, visit, NULL,        \
                                       &error));                              \
    WRONG(FALLOW_NULL_POINTER, f(walk)(mine, base, PAGE, NULL, NULL, &error)); \
    EACH_BAD_ROOT(opposite, f(next)(root, base, PAGE, &leaf, &error));        \
    EACH_BAD_RANGE(base, away, f(next)(mine, start, size, &leaf, &error));    \
    REFUSED(FALLOW_NOT_MAPPED, f(next)(mine, base, PAGE, &leaf, &error));     \
    WRONG(FALLOW_NULL_POINTER, f(next)(mine, base, PAGE, NULL, &error));      \
    EACH_BAD_ROOT(opposite, f(next_hole)(root, base, PAGE, PAGE, PAGE, &hole, \
                                         &error));                            \
    EACH_BAD_RANGE(base, away, f(next_hole)(mine, start, size, PAGE, PAGE,    \
                                            &hole, &error));                  \
    REFUSED(FALLOW_INVALID_ADDRESS,                                           \
            f(next_hole)(mine, base, PAGE, 0, PAGE, &hole, &error));          \
    REFUSED(FALLOW_INVALID_ADDRESS,                                           \
            f(next_hole)(mine, base, PAGE, 12, PAGE, &hole, &error));         \
    REFUSED(FALLOW_INVALID_ADDRESS,                                           \
            f(next_hole)(mine, base, PAGE, PAGE, 0, &hole, &error));          \
    REFUSED(FALLOW_INVALID_ADDRESS,                                           \
            f(next_hole)(mine, base, PAGE, PAGE, 3 * PAGE, &hole, &error));   \
    REFUSED(FALLOW_OCCUPIED,                                                  \
            f(next_hole)(mine, base, PAGE, 2 * PAGE, PAGE, &hole, &error));   \
    WRONG(FALLOW_NULL_POINTER,                                                \
          f(next_hole)(mine, base, PAGE, PAGE, PAGE, NULL, &error));          \
    EACH_BAD_ROOT(opposite, f(bind)(root, 1, 5, &binding));                   \
    WRONG(FALLOW_NULL_POINTER, f(bind)(mine, 1, 5, NULL));                    \
    REFUSED(FALLOW_PASID_RESERVED, f(bind)(mine, 1, 0, &binding));            \
    REFUSED(FALLOW_PASID_TOO_WIDE, f(bind)(mine, 1, 1u << 20, &binding));     \
    REFUSED(FALLOW_PASID_TOO_WIDE, f(bind)(mine, 1, 1u << 25, &binding));     \
    REFUSED(FALLOW_PASID_TOO_WIDE, f(bind)(mine, 1, ~0u, &binding));          \
    REFUSED(FALLOW_UNKNOWN_DEVICE, f(bind)(mine, 1u << 16, 5, &binding));     \
    host.has_no_device = true;                                                \
    REFUSED(FALLOW_UNKNOWN_DEVICE, f(bind)(mine, 1, 5, &binding));            \
    host.has_no_device = false;                                               \
  } while (0)
#define KERNEL_NAME(name) fallow_##name
#define USER_NAME(name) fallow_user_##name

/* The functions that one half has. */
static void one_half(void) {
  struct fallow_stale stale = {0};
  WRONG(FALLOW_NULL_POINTER,
        fallow_user_unmap(user, USER, PAGE, NULL, &error));
  WRONG(FALLOW_NULL_POINTER,
        fallow_user_unmap_visiting(user, USER, PAGE, visit, 0, NULL, &error));
  WRONG(FALLOW_NULL_POINTER,
        fallow_user_change(user, USER, PAGE, 0, 0, NULL, &error));
  WRONG(FALLOW_NULL_POINTER,
        fallow_user_protect(user, USER, PAGE, 0, NULL, &error));
  EACH_BAD_ROOT(user, fallow_collapse(root, KERNEL, 2, true, &error));
  EACH_BAD_LEVEL(1, 4, fallow_collapse(kernel, KERNEL, level, true, &error));
  REFUSED(FALLOW_NOT_COLLAPSIBLE,
          fallow_collapse(kernel, KERNEL, 2, true, &error));
  EACH_BAD_ROOT(kernel,
                fallow_user_collapse(root, USER, 2, true, &stale, &error));
  EACH_BAD_LEVEL(1, 4, fallow_user_collapse(user, USER, level, true, &stale,
                                            &error));
  WRONG(FALLOW_NULL_POINTER,
        fallow_user_collapse(user, USER, 2, true, NULL, &error));

  EACH_BAD_ROOT(kernel, fallow_user_copy(root, user, USER, PAGE, 0, 0, NULL,
                                         NULL, &stale, &error));
  EACH_BAD_ROOT(kernel, fallow_user_copy(user, root, USER, PAGE, 0, 0, NULL,
                                         NULL, &stale, &error));
  EACH_BAD_RANGE(USER, KERNEL,
                 fallow_user_copy(user, other, start, size, 0, 0, NULL, NULL,
                                  &stale, &error));
  EACH_BAD_ATTRIBUTE(FALLOW_GLOBAL,
                     fallow_user_copy(user, other, USER, PAGE, attributes, 0,
                                      NULL, NULL, &stale, &error));
  REFUSED(FALLOW_UNSUPPORTED_ATTRIBUTES,
          fallow_user_copy(user, other, USER, PAGE, 0, 1u << 20, NULL, NULL,
                           &stale, &error));
  WRONG(FALLOW_WRONG_SPACE, fallow_user_copy(user, user, USER, PAGE, 0, 0,
                                             NULL, NULL, &stale, &error));
  WRONG(FALLOW_NULL_POINTER, fallow_user_copy(user, other, USER, PAGE, 0, 0,
                                              NULL, NULL, NULL, &error));
}

/* Spaces, and the records that the library fills in. */
static void spaces_and_records(void) {
  struct fallow_stale stale = {0}, copy;
  struct fallow_frames frames = {0}, copied;
  struct fallow_binding binding = {0}, second = {0};
  struct fallow_deferred deferred = {0};

  EACH_BAD_ROOT(user, (void)fallow_make_user_space(root));
  EACH_BAD_ROOT(user, fallow_end_kernel_space(root, &error));
  EACH_BAD_ROOT(kernel, fallow_end_user_space(root, &error));
  WRONG(FALLOW_OUT_OF_RANGE, fallow_adopt_kernel_space(0, is_reserved, &error));
  WRONG(FALLOW_OUT_OF_RANGE,
        fallow_adopt_kernel_space(FALLOW_NONE, is_reserved, &error));
  WRONG(FALLOW_NULL_POINTER,
        fallow_adopt_kernel_space(FIRST_FRAME + FRAMES - 1, NULL, &error));
  REFUSED(FALLOW_UNSUPPORTED_ENTRY, /* a page of 0xa5 is no table */
          fallow_adopt_kernel_space(FIRST_FRAME + FRAMES - 1, is_reserved,
                                    &error));
  WRONG(FALLOW_WRONG_STATE, /* a table already */
        fallow_adopt_kernel_space(kernel, is_reserved, &error));
  if (!HAS_OWN_ROOTS)
    REFUSED(FALLOW_SHARED, fallow_end_kernel_space(kernel, &error));

  WRONG(FALLOW_NULL_POINTER, fallow_forget(NULL));
  REFUSED(FALLOW_DONE, fallow_forget(&stale)); /* nothing is stale */
  memset(&stale, 0xa5, sizeof stale);
  WRONG(FALLOW_OUT_OF_RANGE, fallow_forget(&stale));
  WRONG(FALLOW_OUT_OF_RANGE,
        fallow_user_unmap(user, USER, PAGE, &stale, &error));
  stale = (struct fallow_stale){.library = {leaf_table + 1, 0, 0}};
  WRONG(FALLOW_WRONG_STATE, fallow_forget(&stale));
  stale = (struct fallow_stale){.library = {user + 1, leaf_table + 1, 0}};
  WRONG(FALLOW_INVALID_RECORD, fallow_forget(&stale));
  stale = (struct fallow_stale){
      .library = {user + 1, leaf_table + 1, leaf_table + 1}};
  WRONG(FALLOW_INVALID_RECORD, fallow_forget(&stale));
  WRONG(FALLOW_INVALID_RECORD,
        fallow_user_unmap(user, USER, PAGE, &stale, &error));
  WRONG(FALLOW_NULL_POINTER, (fallow_forget_later(NULL), 0));
  WRONG(FALLOW_NULL_POINTER, (fallow_forget_later(&deferred), 0));
  deferred.done = done;
  deferred.stale = stale;
  WRONG(FALLOW_INVALID_RECORD, (fallow_forget_later(&deferred), 0));

  stale = (struct fallow_stale){0};
  DONE(fallow_user_map(user, USER, PAGE, 1 << 20, DATA, &error));
  DONE(fallow_user_unmap(user, USER, PAGE, &stale, &error));
  copy = stale;
  snapshot();
  WRONG(FALLOW_WRONG_SPACE, fallow_user_unmap(other, USER, PAGE, &stale,
                                              &error));
  WRONG(FALLOW_WRONG_SPACE, fallow_unmap(kernel, KERNEL, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
  EXPECT(stale.size == 0);
  snapshot();
  WRONG(FALLOW_INVALID_RECORD, fallow_forget(&copy));

  WRONG(FALLOW_NULL_POINTER, (fallow_give_back(NULL), 0));
  DONE(fallow_user_reserve(user, USER, PAGE, 1 << 20, 1, &frames, &error));
  copied = frames;
  snapshot();
  WRONG(FALLOW_INVALID_RECORD, (fallow_give_back(&copied), 0));
  WRONG(FALLOW_INVALID_RECORD,
        fallow_user_map_reserved(user, USER, PAGE, 1 << 20, DATA, 1, &copied,
                                 &error));
  WRONG(FALLOW_INVALID_RECORD, fallow_user_reserve(user, USER, PAGE, 1 << 20,
                                                   1, &frames, &error));
  fallow_give_back(&frames);
  snapshot();
  WRONG(FALLOW_INVALID_RECORD, (fallow_give_back(&copied), 0));
  copied.library = 1ul << 60;
  WRONG(FALLOW_OUT_OF_RANGE, (fallow_give_back(&copied), 0));
  REFUSED(0, (fallow_give_back(&frames), 0)); /* none is left */

  WRONG(FALLOW_NULL_POINTER, fallow_unbind(NULL));
  REFUSED(FALLOW_NOT_BOUND, fallow_unbind(&binding));
  DONE(fallow_user_bind(other, 1, 7, &binding));
  snapshot();
  WRONG(FALLOW_INVALID_RECORD, fallow_user_bind(other, 2, 7, &binding));
  REFUSED(FALLOW_PASID_NOT_FREE, fallow_user_bind(other, 1, 7, &second));
  REFUSED(FALLOW_PASID_NOT_FREE, fallow_user_bind(user, 2, 7, &second));
  REFUSED(FALLOW_OTHER_PASID, fallow_user_bind(other, 2, 8, &second));
  REFUSED(FALLOW_BOUND, fallow_end_user_space(other, &error));
  second = binding;
  REFUSED(FALLOW_NOT_BOUND, fallow_unbind(&second));
  host.is_silent = true;
  EXPECT(fallow_unbind(&binding) == FALLOW_UNANSWERED);
  snapshot();
  REFUSED(FALLOW_BOUND, fallow_end_user_space(other, &error));
  host.is_silent = false;
  DONE(fallow_unbind(&binding));
  snapshot();
  REFUSED(FALLOW_NOT_BOUND, fallow_unbind(&binding));
}

static void before_the_start(void) {
  struct fallow_machine machine = {0}, valid;
  struct fallow_stale stale = {0};
  FAULTS(FALLOW_NOT_STARTED, fallow_make_kernel_space());
  FAULTS(FALLOW_NOT_STARTED, fallow_map(FIRST_FRAME, KERNEL, PAGE, 0, 0, 0));
  FAULTS(FALLOW_NOT_STARTED, (fallow_reclaim(), 0));
  FAULTS(FALLOW_NOT_STARTED, fallow_quarantined());
  FAULTS(FALLOW_NOT_STARTED, fallow_forget(&stale));
  FAULTS(FALLOW_NOT_STARTED, (fallow_forget_later(NULL), 0));
  FAULTS(FALLOW_NOT_STARTED, (fallow_give_back(NULL), 0));
  FAULTS(FALLOW_NOT_STARTED, fallow_unbind(NULL));
  FAULTS(FALLOW_NULL_POINTER, (fallow_start(NULL), 0));
  FAULTS(FALLOW_INVALID_MACHINE, (fallow_start(&machine), 0));
  valid = (struct fallow_machine){
      .memory = (void *)PAGE,
      .first_frame = 1,
      .frame_count = 8,
      .descriptors = (void *)PAGE,
      .words = (void *)PAGE,
      .cpus = 1,
  };
#define INVALID(member, value)                             \
  machine = valid;                                         \
  machine.member = (value);                                \
  FAULTS(FALLOW_INVALID_MACHINE, (fallow_start(&machine), 0))
  INVALID(memory, NULL);
  INVALID(memory, (void *)(PAGE + 8));
  INVALID(first_frame, FALLOW_NONE);
  INVALID(frame_count, 0);
  INVALID(frame_count, FALLOW_NONE);
  INVALID(descriptors, NULL);
  INVALID(descriptors, (void *)(PAGE + 4));
  INVALID(words, NULL);
  INVALID(words, (void *)(PAGE + 4));
  INVALID(cpus, 0);
  INVALID(cpus, 1u << 31);
  INVALID(max_leaf_level, 9);
  INVALID(physical_bits, 12);
  INVALID(physical_bits, 64);
  INVALID(has_no_memory_types, 2);
  INVALID(records_no_use, 2);
  INVALID(replaces_live_entries, 2);
  INVALID(reserved[6], 1);
}

int main(void) {
  before_the_start();
  host_start();
  struct fallow_machine again = {0};
  FAULTS(FALLOW_STARTED_TWICE, (fallow_start(&again), 0));

  memory_before = malloc(FRAMES * PAGE);
  descriptors_before = malloc(FRAMES * FALLOW_DESCRIPTOR_SIZE);
  words_before = malloc(FALLOW_WORD_BYTES(1));
  kernel = fallow_make_kernel_space();
  user = fallow_make_user_space(kernel);
  other = fallow_make_user_space(kernel);
  ended = fallow_make_user_space(kernel);
  DONE(fallow_end_user_space(ended, &error));
  leaf_table = fallow_kernel_allocate(0); /* the next: no root, a frame */
  fallow_kernel_free(leaf_table, 0);
  DONE(fallow_user_map(user, 1ul << 40, PAGE, 1 << 20, DATA, &error));
  struct fallow_binding binding;
  DONE(fallow_bind(kernel, 1, 5, &binding));
  DONE(fallow_unbind(&binding));
  DONE(fallow_user_bind(user, 1, 5, &binding));
  DONE(fallow_unbind(&binding));
  DONE(fallow_user_bind(other, 1, 5, &binding));
  DONE(fallow_unbind(&binding));
  bad_root(FALLOW_NONE, FALLOW_OUT_OF_RANGE);
  bad_root(0, FALLOW_OUT_OF_RANGE);
  bad_root(1ul << 40, FALLOW_OUT_OF_RANGE);
  bad_root(FIRST_FRAME + FRAMES, FALLOW_OUT_OF_RANGE);
  bad_root(FIRST_FRAME + FRAMES - 1, FALLOW_WRONG_STATE); /* no table */
  bad_root(leaf_table, FALLOW_WRONG_STATE);
  snapshot();

  BOTH_HALVES(KERNEL_NAME, kernel, user, KERNEL, USER, FALLOW_USER);
  BOTH_HALVES(USER_NAME, user, kernel, USER, KERNEL, FALLOW_GLOBAL);
  one_half();
  spaces_and_records();
  printf("%u wrong calls: each by its name, nothing changed\n", cases);
  return 0;
}
