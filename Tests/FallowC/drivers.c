/* SPDX-License-Identifier: Apache-2.0 */

/* The functions of fallow-iommu.h, and the binding of spaces through the driver,
 * on a VT-d IOMMU of which vtd.c has as much as the driver uses. */
#include "host.h"
#include "vtd.h"

#define REQUESTER 8
#define DEVICE FALLOW_DEVICE(0, REQUESTER)
#define PAGE_AT (USER + 5 * PAGE)
#define TARGET (1ul << 40)

static struct fallow_error error;
static uint64_t kernel, user;

static void before_the_driver(void) {
  struct fallow_iommu_options options = {0};
  FAULTS(FALLOW_NOT_STARTED, fallow_iommu_start(0, NULL));
  FAULTS(FALLOW_NOT_STARTED, fallow_iommu_add(DEVICE, NULL));
  options.reserved[4] = 1;
  EXPECT(fallow_iommu_init(&options) == FALLOW_IOMMU_INVALID_OPTION);
  options.reserved[4] = 0;
  options.trusts_coherence = 2;
  EXPECT(fallow_iommu_init(&options) == FALLOW_IOMMU_INVALID_OPTION);
  options.trusts_coherence = 0;
  options.walks_kernel_half = 1; /* of an SMMUv3 */
  EXPECT(fallow_iommu_init(&options) == FALLOW_IOMMU_INVALID_OPTION);
  options.walks_kernel_half = 0;
  host.limit = 0;
  EXPECT(fallow_iommu_init(&options) == FALLOW_IOMMU_OUT_OF_FRAMES);
  host.limit = FRAMES;
  EXPECT(fallow_iommu_init(&options) == FALLOW_IOMMU_DONE);
  EXPECT(fallow_iommu_init(NULL) == FALLOW_IOMMU_ALREADY_STARTED);
}

static void starts(void) {
  enum fallow_iommu_feature lacking = FALLOW_FEATURE_KNOWN_VERSION;
  struct fallow_iommu_fault fault;
  EXPECT(fallow_iommu_start(FALLOW_IOMMUS, NULL) ==
         FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(fallow_iommu_start(UINT32_MAX, NULL) == FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(fallow_iommu_add(DEVICE, NULL) == FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(fallow_iommu_record_faults(0) == FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(!fallow_iommu_take_fault(0, &fault));
  FAULTS(FALLOW_NULL_POINTER, fallow_iommu_take_fault(0, NULL));
  EXPECT(fallow_iommu_expel(DEVICE) == FALLOW_UNKNOWN_DEVICE);
  vtd.is_incoherent = true;
  EXPECT(fallow_iommu_start(0, &lacking) == FALLOW_IOMMU_LACKS_FEATURE &&
         lacking == FALLOW_FEATURE_COHERENT_STRUCTURES);
  vtd.is_incoherent = false;
  vtd.is_silent = true;
  EXPECT(fallow_iommu_start(0, NULL) == FALLOW_IOMMU_UNANSWERED);
  vtd.is_silent = false;
  EXPECT(fallow_iommu_start(0, NULL) == FALLOW_IOMMU_DONE);
  EXPECT(fallow_iommu_start(0, NULL) == FALLOW_IOMMU_ALREADY_STARTED);
}

static void adds(void) {
  struct fallow_device_tlb tlb = {.queue_depth = 32};
  EXPECT(fallow_iommu_add(FALLOW_DEVICE(1, REQUESTER), NULL) ==
         FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(fallow_iommu_add(UINT32_MAX, NULL) == FALLOW_IOMMU_NO_SUCH_IOMMU);
  EXPECT(fallow_iommu_add(DEVICE, &tlb) == FALLOW_IOMMU_INVALID_OPTION);
  tlb.queue_depth = 0;
  EXPECT(fallow_iommu_add(DEVICE, &tlb) == FALLOW_IOMMU_NO_DEVICE_TLBS);
  EXPECT(fallow_iommu_add(DEVICE, NULL) == FALLOW_IOMMU_DONE);
  EXPECT(fallow_iommu_add(DEVICE, NULL) == FALLOW_IOMMU_ALREADY_KNOWN);
}

/* A device reaches what is mapped once it is bound, and not what was unmapped
 * once that is forgotten. */
static void binds(uint32_t pasid, uint32_t looked_up) {
  struct fallow_binding binding = {0}, other = {0};
  struct fallow_stale stale = {0};
  DONE(fallow_user_map(user, PAGE_AT, PAGE, TARGET, DATA, &error));
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT) == 0);
  EXPECT(fallow_user_bind(user, FALLOW_DEVICE(0, REQUESTER + 8), pasid,
                          &binding) == FALLOW_UNKNOWN_DEVICE);
  EXPECT(fallow_user_bind(user, UINT32_MAX, pasid, &binding) ==
         FALLOW_UNKNOWN_DEVICE);
  DONE(fallow_user_bind(user, DEVICE, pasid, &binding));
  EXPECT(fallow_user_bind(user, DEVICE, pasid, &other) ==
         FALLOW_PASID_NOT_FREE);
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT + 8) == TARGET + 8);
  DONE(fallow_user_unmap(user, PAGE_AT, PAGE, &stale, &error));
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT) == TARGET); /* stale */
  unsigned before = vtd.invalidations;
  DONE(fallow_forget(&stale));
  EXPECT(vtd.invalidations > before && stale.size == 0);
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT) == 0);

  DONE(fallow_user_map(user, PAGE_AT, PAGE, TARGET, DATA, &error));
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT) == TARGET);
  EXPECT(fallow_end_user_space(user, &error) == FALLOW_MAPPED);
  vtd.is_silent = true;
  EXPECT(fallow_unbind(&binding) == FALLOW_UNANSWERED);
  vtd.is_silent = false;
  DONE(fallow_unbind(&binding));
  EXPECT(fallow_unbind(&binding) == FALLOW_NOT_BOUND);
  EXPECT(vtd_access(REQUESTER, looked_up, PAGE_AT) == 0);
  DONE(fallow_user_unmap(user, PAGE_AT, PAGE, &stale, &error));
  DONE(fallow_forget(&stale));
}

/* A device that does not answer leaves without its help, and what waited for it
 * is released. */
static void expels(void) {
  struct fallow_binding binding = {0};
  struct fallow_stale stale = {0};
  DONE(fallow_user_bind(user, DEVICE, 7, &binding));
  DONE(fallow_user_map(user, PAGE_AT, PAGE, TARGET, DATA, &error));
  EXPECT(vtd_access(REQUESTER, 7, PAGE_AT) == TARGET);
  DONE(fallow_user_unmap(user, PAGE_AT, PAGE, &stale, &error));
  vtd.is_silent = true;
  EXPECT(fallow_forget(&stale) == FALLOW_UNANSWERED);
  EXPECT(fallow_iommu_expel(DEVICE) == FALLOW_UNANSWERED);
  vtd.is_silent = false;
  DONE(fallow_iommu_expel(DEVICE));
  EXPECT(vtd.isolated == 2);
  DONE(fallow_forget(&stale));
  DONE(fallow_unbind(&binding));
  EXPECT(fallow_user_bind(user, DEVICE, 7, &binding) ==
         FALLOW_UNKNOWN_DEVICE);
  EXPECT(fallow_iommu_add(DEVICE, NULL) == FALLOW_IOMMU_DONE);
  DONE(fallow_user_bind(user, DEVICE, 7, &binding));
  DONE(fallow_unbind(&binding));
}

int main(void) {
  struct fallow_iommu_options none = {0};
  FAULTS(FALLOW_NOT_STARTED, fallow_iommu_init(&none));
  host_start();
  before_the_driver();
  starts();
  adds();
  kernel = fallow_make_kernel_space();
  uint64_t taken = host.taken;
  user = fallow_make_user_space(kernel);
  binds(7, 7);
  binds(FALLOW_WITHOUT_PASID(3), 0);
  expels();
  DONE(fallow_end_user_space(user, &error));
  fallow_reclaim();
  EXPECT(host.taken == taken + 1); /* the device's PASID table */
  printf("drivers: %u waits, %u invalidations\n", vtd.waits,
         vtd.invalidations);
  return 0;
}
