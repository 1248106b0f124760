/* SPDX-License-Identifier: Apache-2.0 */

#include "vtd.h"

#include "host.h"

struct vtd vtd = {.is_there = true};

enum { CAP = 0x08, ECAP = 0x10, GCMD = 0x18, GSTS = 0x1c, RTADDR = 0x20,
       FSTS = 0x34, IQH = 0x80, IQT = 0x88, IQA = 0x90 };
static uint32_t status;
static uint64_t root_table, head, tail, queue;

/* The IOTLB. */
static struct {
  uint32_t pasid;
  uint64_t page, frame;
} cached[32];
static unsigned cached_count;

static void *at(uint64_t address) {
  if (address < MEMORY || address >= MEMORY + FRAMES * PAGE) abort();
  return (char *)host.memory + (address - MEMORY);
}

/* Carries out what is queued. */
static void run_queue(void) {
  while (head != tail && !vtd.is_silent) {
    uint64_t *command = at((queue & ~0xffful) + head);
    switch (command[0] & 0xf) {
      case 5: /* a wait that writes its status */
        if (command[0] & 1 << 5)
          *(uint32_t *)at(command[1] & ~3ul) = (uint32_t)(command[0] >> 32);
        vtd.waits++;
        break;
      case 2: case 6: /* leaves; more than was asked for */
        cached_count = 0;
        vtd.invalidations++;
        break;
      case 1: case 7: break; /* structures are not cached */
      default: abort();
    }
    head = (head + 32) % PAGE;
  }
}

uint64_t fallow_kernel_load_register(uint32_t iommu, uint32_t offset,
                                     bool is_wide) {
  (void)is_wide;
  if (iommu != 0 || !vtd.is_there) return 0;
  switch (offset) {
    case CAP: return 7ul << 54 | 18ul << 48 | 1ul << 39 | 6;
    case ECAP:
      return 3ul << 47 | 1ul << 43 | 1ul << 40 | 19ul << 35 | 1 << 1 |
             (vtd.is_incoherent ? 0 : 1);
    case GSTS: return status;
    case RTADDR: return root_table;
    case IQH: return head;
    case IQT: return tail;
    case IQA: return queue;
    default: return 0;
  }
}

void fallow_kernel_store_register(uint32_t iommu, uint32_t offset,
                                  bool is_wide, uint64_t value) {
  (void)is_wide;
  if (iommu != 0) abort();
  switch (offset) {
    case GCMD:
      if (!(status & 1u << 26) && value & 1u << 26) head = 0;
      status = (uint32_t)value | (status & 1u << 30);
      break;
    case RTADDR: root_table = value; break;
    case IQA: queue = value; break;
    case IQT:
      tail = value;
      run_queue();
      break;
    case FSTS: break;
    default: abort();
  }
}

bool fallow_kernel_keeps_waiting(uint32_t iommu, uint64_t looks) {
  (void)iommu;
  return looks < 4;
}

void fallow_kernel_isolate(uint32_t device) {
  (void)device;
  vtd.isolated++;
}

uint64_t vtd_access(uint16_t requester, uint32_t pasid, uint64_t address) {
  uint64_t page = address & ~0xffful;
  for (unsigned i = 0; i < cached_count; i++)
    if (cached[i].pasid == pasid && cached[i].page == page)
      return cached[i].frame + (address & 0xfff);
  if (!(status & 1u << 31)) return 0;
  uint64_t *root = at(root_table & ~0xffful);
  uint64_t table = root[(requester >> 8) * 2 + (requester >> 7 & 1)];
  if (!(table & 1)) return 0;
  uint64_t *context = at((table & ~0xffful) + (requester & 0x7f) * 32);
  if (!(context[0] & 1)) return 0;
  uint64_t *directory = at(context[0] & ~0xffful);
  uint64_t entries = directory[pasid >> 6];
  if (!(entries & 1)) return 0;
  uint64_t *entry = at((entries & ~0xffful) + (pasid & 63) * 64);
  if (!(entry[0] & 1)) return 0;
  uint64_t next = entry[2];
  for (int level = 4; level >= 1; level--) {
    uint64_t *tables = at(next & 0x000ffffffffff000ul);
    next = tables[address >> (12 + 9 * (level - 1)) & 511];
    if (!(next & 1)) return 0;
  }
  if (cached_count == 32) cached_count = 0;
  cached[cached_count].pasid = pasid;
  cached[cached_count].page = page;
  cached[cached_count++].frame = next & 0x000ffffffffff000ul;
  return (next & 0x000ffffffffff000ul) + (address & 0xfff);
}
