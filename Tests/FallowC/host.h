/* SPDX-License-Identifier: Apache-2.0 */

/* A kernel in a process, so that the library for kernels in C can be tested:
 * its memory is an array, and its CPUs, IOMMUs and devices are counters. */
#ifndef HOST_H
#define HOST_H

#include "fallow.h"
#if __has_include("fallow-iommu.h") /* the archive has a driver */
#include "fallow-iommu.h"
#define HOST_LOCKS FALLOW_IOMMU_LOCKS
#else
#define HOST_LOCKS FALLOW_LOCKS
#endif

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096ul
#define FRAMES 1024ul
#define FIRST_FRAME 256ul
#define MEMORY (FIRST_FRAME * PAGE)
#define HAS_OWN_ROOTS (FALLOW_FORMAT >= FALLOW_FORMAT_OWN_ROOTS)
#define KERNEL 0xffff800000000000ul
#define USER (4ul << 30)
#define DATA (FALLOW_WRITABLE | FALLOW_USER)

struct host {
  void *memory, *descriptors, *words;
  uint64_t taken; /* frames that the library has */
  uint64_t limit; /* how many it may have */
  int flushes, table_flushes, submitted, awaited, worker_is_due;
  int attached, detached;
  int depth;     /* of read sections and locks */
  bool is_silent; /* the IOMMU does not answer */
  bool has_no_device;
  uint32_t last_pasid;
  uint64_t last_size;
  int fault; /* the last, or -1 */
  jmp_buf out;
  bool catches;
};
extern struct host host;

/* Starts the library. */
void host_start(void);

/* Ends the test with a message unless something holds. */
void host_expect(bool holds, const char *what, const char *file, int line);
#define EXPECT(holds) host_expect(holds, #holds, __FILE__, __LINE__)
#define DONE(call) EXPECT((call) == FALLOW_DONE)

/* Runs a call that raises a fault. */
#define FAULTS(name, call)                                                \
  do {                                                                    \
    host.fault = -1;                                                      \
    host.catches = true;                                                  \
    if (!setjmp(host.out)) (void)(call);                                  \
    host.catches = false;                                                 \
    host.depth = 0;                                                       \
    if (host.fault != (int)(name))                                        \
      printf("fault %d, not %s\n", host.fault, #name);                    \
    host_expect(host.fault == (int)(name), #call, __FILE__, __LINE__);    \
  } while (0)

#endif
