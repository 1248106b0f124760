/* SPDX-License-Identifier: Apache-2.0 */

/* A VT-d IOMMU and a device behind it, as far as the driver uses them: registers,
 * an invalidation queue, a walk of the structures and the tables in memory, and
 * an IOTLB that keeps every leaf until it is invalidated. */
#ifndef VTD_H
#define VTD_H

#include "fallow-iommu.h"

#include <stdbool.h>
#include <stdint.h>

struct vtd {
  bool is_there;
  bool is_silent;      /* it does not fetch commands */
  bool is_incoherent;  /* ECAP.C is clear */
  unsigned waits, invalidations, isolated;
};
extern struct vtd vtd;

/* Where a request of `device` with a PASID leads to; 0 if it is refused. */
uint64_t vtd_access(uint16_t requester, uint32_t pasid, uint64_t address);

#endif
