/* SPDX-License-Identifier: Apache-2.0 */

/* The library's own drivers of IOMMUs for kernels in C: in an archive that was
 * built with --iommu, for one kind of IOMMU.
 *
 * The functions of fallow.h bind, unbind and forget as they do without a
 * driver, but of fallow_kernel_attach, fallow_kernel_detach,
 * fallow_kernel_submit_invalidation and fallow_kernel_await_invalidations such
 * an archive calls none: the driver writes what the IOMMU reads, and asks the
 * kernel for the registers.
 *
 * A device is FALLOW_DEVICE of the number of its IOMMU and of the number that
 * it signs its requests with.
 *
 * Order: fallow_start, fallow_iommu_init, then everything else;
 * fallow_iommu_start for each IOMMU, fallow_iommu_add for each device, and
 * fallow_bind or fallow_user_bind. */
#ifndef FALLOW_IOMMU_H
#define FALLOW_IOMMU_H

#include "fallow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device `requester` (PCI: bus, device, function) behind IOMMU `iommu`, which
 * is less than FALLOW_IOMMUS. */
#define FALLOW_IOMMUS 32
#define FALLOW_DEVICE(iommu, requester) \
  ((uint32_t)(iommu) << 16 | (uint32_t)(requester))

/* The locks that fallow_kernel_lock is called with: beside those of fallow.h,
 * from 8 on one for each IOMMU, taken after lock 1. */
#define FALLOW_IOMMU_LOCKS 40

/* How a call about an IOMMU ended. */
enum fallow_iommu_outcome {
  FALLOW_IOMMU_DONE = 0,
  FALLOW_IOMMU_NO_SUCH_IOMMU = 1, /* a number that there is not, or an IOMMU
                                   * that was not started */
  FALLOW_IOMMU_ALREADY_STARTED = 2,
  FALLOW_IOMMU_LACKS_FEATURE = 3, /* `feature` says which */
  FALLOW_IOMMU_OUT_OF_FRAMES = 4, /* nothing has changed */
  FALLOW_IOMMU_UNANSWERED = 5,    /* it did not act in time: ask again */
  FALLOW_IOMMU_OUT_OF_REACH = 6,  /* it has no place for such a requester */
  FALLOW_IOMMU_ALREADY_KNOWN = 7,
  FALLOW_IOMMU_LEAVING = 8, /* the device is being expelled */
  FALLOW_IOMMU_NO_DEVICE_TLBS = 9,
  FALLOW_IOMMU_INVALID_OPTION = 10, /* nothing has changed */
};

/* What a driver needs of an IOMMU; a manual's registers are named. */
enum fallow_iommu_feature {
  FALLOW_FEATURE_KNOWN_VERSION = 0,
  FALLOW_FEATURE_SCALABLE_MODE = 1,         /* ECAP.SMTS */
  FALLOW_FEATURE_PAGE_TABLE_FORMAT = 2,     /* ECAP.FSTS; IDR0.S1P, TTF */
  FALLOW_FEATURE_INVALIDATION_QUEUE = 3,    /* ECAP.QI */
  FALLOW_FEATURE_QUEUE_OF_ONE_FRAME = 4,    /* cqb.LOG2SZ; IDR1.CMDQS */
  FALLOW_FEATURE_COHERENT_STRUCTURES = 5,   /* ECAP.C; IDR0.COHACC */
  FALLOW_FEATURE_UNBUFFERED_STORES = 6,     /* CAP.RWBF */
  FALLOW_FEATURE_DRAINED_INVALIDATIONS = 7, /* CAP.DRD, CAP.DWD */
  FALLOW_FEATURE_LARGE_LEAVES = 8,          /* CAP.FL1GP */
  FALLOW_FEATURE_DEVICE_DIRECTORY = 9,      /* ddtp.iommu_mode */
  FALLOW_FEATURE_LITTLE_ENDIAN = 10,        /* fctl.BE; IDR0.TTENDIAN */
  FALLOW_FEATURE_MOVABLE_STRUCTURES = 11,   /* IDR1.TABLES_PRESET */
  FALLOW_FEATURE_PHYSICAL_ADDRESSES = 12,   /* IDR5.OAS */
};

/* What the driver cannot ask an IOMMU for. An option of another kind of IOMMU
 * is 0. */
struct fallow_iommu_options {
  uint8_t trusts_coherence;    /* VT-d: 1 where it snoops the CPUs' caches,
                                * though ECAP.C is clear */
  uint8_t walks_kernel_half;   /* SMMUv3: 1 if devices walk the kernel half */
  uint8_t repeats_invalidations; /* SMMUv3: 1 where an erratum demands every
                                  * invalidation twice */
  uint8_t reserved[5];         /* 0 */
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_iommu_options) == 8);

/* A device's own TLB, whose ATS is on: VT-d. */
struct fallow_device_tlb {
  uint8_t queue_depth; /* of its ATS capability, 0 to 31 */
  uint8_t is_virtual_function; /* 1: of `physical_function` */
  uint16_t physical_function;
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_device_tlb) == 4);

/* A request that an IOMMU refused. */
struct fallow_iommu_fault {
  uint64_t address;
  uint32_t device;
  uint32_t pasid;  /* 0 for none */
  uint16_t reason; /* of the IOMMU's manual */
  uint8_t access;  /* 0 read, 1 write, 2 execute, 3 other */
  uint8_t has_pasid;
  uint32_t reserved;
};
FALLOW_STATIC_ASSERT(sizeof(struct fallow_iommu_fault) == 24);

/* Makes the driver; `options` may be null for none. Once, after fallow_start
 * and before a space is made. FALLOW_IOMMU_ALREADY_STARTED,
 * FALLOW_IOMMU_OUT_OF_FRAMES, FALLOW_IOMMU_INVALID_OPTION. */
enum fallow_iommu_outcome fallow_iommu_init(
    const struct fallow_iommu_options *options);

/* Starts an IOMMU: it gets its tables and its queue, drops everything, and
 * translates from then on; no device reaches anything. `feature` may be null.
 * Sleeps. */
enum fallow_iommu_outcome fallow_iommu_start(
    uint32_t iommu, enum fallow_iommu_feature *feature);

/* Makes a device known to its IOMMU; it reaches nothing yet. `tlb` is null
 * where the device has none. Sleeps. */
enum fallow_iommu_outcome fallow_iommu_add(
    uint32_t device, const struct fallow_device_tlb *tlb);

/* Makes a device leave every space without its help, when it or its IOMMU does
 * not answer any more: fallow_kernel_isolate, then the IOMMU starts over with
 * an empty queue. Its bindings are to be unbound afterwards, which needs no
 * answer. FALLOW_UNANSWERED: ask again. FALLOW_UNKNOWN_DEVICE: its IOMMU was
 * not started. A device that the IOMMU does not know has left. Sleeps. */
enum fallow_outcome fallow_iommu_expel(uint32_t device);

/* Has an IOMMU record the requests that it refuses. */
enum fallow_iommu_outcome fallow_iommu_record_faults(uint32_t iommu);

/* Takes the oldest record; false if there is none. */
bool fallow_iommu_take_fault(uint32_t iommu, struct fallow_iommu_fault *fault);

/* -- What the kernel provides ---------------------------------------------- */

/* Read and write a register `offset` bytes into the block of an IOMMU, by one
 * access of 64 bits if `is_wide`, else of 32. Context: any, under locks too.
 * Orders: what was written to memory before a store is seen by what the IOMMU
 * does about it (RISC-V: fence rw,o; AArch64: dsb oshst), and what it wrote
 * before it set a register is seen after the load (fence i,r; dmb oshld). */
uint64_t fallow_kernel_load_register(uint32_t iommu, uint32_t offset,
                                     bool is_wide);
void fallow_kernel_store_register(uint32_t iommu, uint32_t offset,
                                  bool is_wide, uint64_t value);

/* Is called between two looks at an IOMMU that has not answered, `looks` so
 * far: false ends the wait, and the call fails as unanswered. Context: a
 * function that sleeps, under locks too. */
bool fallow_kernel_keeps_waiting(uint32_t iommu, uint64_t looks);

/* Makes a device unable to issue requests, and returns when none that it issued
 * is under way: bus mastering and ATS off, a reset. Context: a function that
 * sleeps, under lock 1. */
void fallow_kernel_isolate(uint32_t device);

#ifdef __cplusplus
}
#endif

#endif
