/* The RISC-V IOMMU, by the RISC-V IOMMU Architecture Specification, 1.0: a
 * device directory of one level, with contexts of 64 bytes, that lead to a
 * first-stage root. */
#include "kernel.h"
#include "pci.h"

#define DDTP 0x10
#define CQB 0x18
#define CQH 0x20
#define CQT 0x24
#define CQCSR 0x48

static uint64_t registers, directory, queue;
static uint32_t tail;

static void put(uint64_t low) {
  uint64_t *command = frame_words(queue) + tail * 2;
  command[0] = low;
  command[1] = 0;
  tail = (tail + 1) % 256;
  machine_order_before_device();
  machine_store32(registers + CQT, tail);
}

void iommu_start(void) {
  registers = pci_enable(pci_find(0x00141b36), 0x40000000);
  directory = frame_take();
  queue = frame_take();
  machine_order_before_device();
  machine_store64(registers + CQB, queue << 10 | 7);
  machine_store32(registers + CQCSR, 1);
  while (!(machine_load32(registers + CQCSR) & 1 << 16)) machine_pause();
  machine_store64(registers + DDTP, directory << 10 | 2);
  while (machine_load64(registers + DDTP) & 1 << 4) machine_pause();
  if ((machine_load64(registers + DDTP) & 15) != 2) stop("no directory of", 1);
}

static uint64_t *context(uint32_t device) {
  return frame_words(directory) + device * 8;
}

void iommu_attach(uint64_t root, uint32_t device, uint32_t tag) {
  uint64_t *words = context(device);
  words[2] = (uint64_t)tag << 12;
  words[3] = 8ul << 60 | root; /* Sv39 */
  __atomic_store_n(&words[0], 1, __ATOMIC_RELEASE);
}

void iommu_detach(uint32_t device) {
  __atomic_store_n(&context(device)[0], 0, __ATOMIC_RELEASE);
  put(3 | 1ul << 33 | (uint64_t)device << 40); /* IODIR.INVAL_DDT */
}

void iommu_invalidate(void) { put(1); /* IOTINVAL.VMA, of all */ }

void iommu_wait(void) {
  put(2 | 3 << 12); /* IOFENCE.C, after reads and writes */
  while (machine_load32(registers + CQH) != tail) machine_pause();
  machine_order_after_device();
}
