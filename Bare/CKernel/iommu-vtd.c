/* QEMU's VT-d in scalable mode, by the Intel VT-d specification, 4.1: one
 * PASID table, whose entry 0 is for requests without a PASID. */
#include "kernel.h"

#define REGISTERS 0xfed90000ul /* where QEMU's q35 has them */
#define GCMD 0x18
#define GSTS 0x1c
#define RTADDR 0x20
#define IQT 0x88
#define IQA 0x90
#define LASTING 0x96fffffful /* bits of GSTS that are kept in GCMD */

static uint64_t root_table, contexts, directory, table, queue, answers;
static uint32_t tail, ticket;

static void put(uint64_t low, uint64_t high) {
  uint64_t *descriptor = frame_words(queue) + tail * 4;
  descriptor[0] = low;
  descriptor[1] = high;
  descriptor[2] = descriptor[3] = 0;
  tail = (tail + 1) % 128;
  machine_order_before_device();
  machine_store64(REGISTERS + IQT, tail * 32);
}

static void switch_on(uint32_t bit) {
  uint32_t now = machine_load32(REGISTERS + GSTS) & LASTING;
  machine_store32(REGISTERS + GCMD, now | bit);
  while (!(machine_load32(REGISTERS + GSTS) & bit)) machine_pause();
}

void iommu_start(void) {
  root_table = frame_take();
  contexts = frame_take();
  directory = frame_take();
  table = frame_take();
  queue = frame_take();
  answers = frame_take();
  frame_words(root_table)[0] = contexts * PAGE | 1; /* bus 0, devices 0-15 */
  frame_words(directory)[0] = table * PAGE | 1;
  machine_store64(REGISTERS + IQA, queue * PAGE | 1 << 11);
  machine_store64(REGISTERS + RTADDR, root_table * PAGE | 1 << 10);
  switch_on(1u << 30); /* the root table */
  switch_on(1u << 26); /* the queue */
  put(1 | 1 << 4, 0);  /* contexts */
  iommu_wait();
  put(7 | 3 << 4, 0); /* PASID entries */
  iommu_wait();
  iommu_invalidate();
  iommu_wait();
  switch_on(1u << 31); /* translation */
}

void iommu_attach(uint64_t root, uint32_t device, uint32_t tag) {
  uint64_t *context = frame_words(contexts) + device * 4;
  uint64_t *entry = frame_words(table);
  entry[1] = tag + 2; /* the domain; 0 and 1 are not used */
  entry[2] = root * PAGE | 1 << 5; /* four levels, with no-execute */
  __atomic_store_n(&entry[0], 2 << 2 | 1 << 6 | 1, __ATOMIC_RELEASE);
  context[1] = 0; /* RID_PASID */
  __atomic_store_n(&context[0], directory * PAGE | 2 << 9 | 1,
                   __ATOMIC_RELEASE);
}

void iommu_detach(uint32_t device) {
  uint64_t *context = frame_words(contexts) + device * 4;
  __atomic_store_n(&context[0], 0, __ATOMIC_RELEASE);
  __atomic_store_n(&frame_words(table)[0], 0, __ATOMIC_RELEASE);
  put(1 | 1 << 4, 0);
  iommu_wait();
  put(7 | 3 << 4, 0);
  iommu_wait();
}

void iommu_invalidate(void) {
  put(2 | 1 << 4 | 3 << 6, 0); /* the IOTLB, all of it, drained */
}

void iommu_wait(void) {
  volatile uint32_t *answer = (uint32_t *)frame_words(answers);
  ticket++;
  put(5 | 3 << 5 | (uint64_t)ticket << 32, answers * PAGE);
  while (*answer != ticket) machine_pause();
  machine_order_after_device();
}
