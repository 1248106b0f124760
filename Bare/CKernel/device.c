/* PCI, and QEMU's edu device, as its source in QEMU 10.0.2 has it. */
#include "kernel.h"
#include "pci.h"

#define BUFFER 0x40000ul /* where the device sees its own buffer */

static uint32_t function;
static uint64_t registers;

uint32_t pci_find(uint32_t identity) {
  for (uint32_t number = 0; number < 32; number++)
    if (machine_pci_load(number << 3, 0) == identity) return number << 3;
  stop("no PCI function", identity);
}

uint64_t pci_enable(uint32_t found, uint32_t address) {
  uint32_t low = machine_pci_load(found, 0x10);
#if defined(__riscv)
  machine_pci_store(found, 0x10, address); /* no firmware has */
  if (low & 4) machine_pci_store(found, 0x14, 0);
  low = machine_pci_load(found, 0x10);
#else
  (void)address;
#endif
  uint64_t high = low & 4 ? machine_pci_load(found, 0x14) : 0;
  machine_pci_store(found, 4, (machine_pci_load(found, 4) & ~4u) | 6);
  return high << 32 | (low & ~15u);
}

void device_start(void) {
  function = pci_find(0x11e81234);
  registers = pci_enable(function, 0x40100000);
}

uint32_t device_number(void) { return function; }

void device_begin(unsigned command, uint64_t address) {
  bool reads = command == DEVICE_READS;
  machine_store64(registers + 0x80, reads ? address : BUFFER);
  machine_store64(registers + 0x88, reads ? BUFFER : address);
  machine_store64(registers + 0x90, 8);
  machine_order_before_device();
  machine_store64(registers + 0x98, command);
}

bool device_is_busy(void) {
  bool is_busy = machine_load64(registers + 0x98) & 1;
  machine_order_after_device();
  return is_busy;
}

void device_run(unsigned command, uint64_t address) {
  device_begin(command, address);
  while (device_is_busy()) machine_pause();
}

/* -- What the library asks of IOMMUs --------------------------------------- */

bool fallow_kernel_attach(uint64_t root, uint32_t device, uint32_t pasid) {
  if (device != function) return false;
  iommu_attach(root, device, pasid & 0xffff);
  return true;
}

void fallow_kernel_detach(uint32_t device, uint32_t pasid) {
  (void)pasid;
  iommu_detach(device);
}

void fallow_kernel_submit_invalidation(uint32_t pasid, uint64_t start,
                                       uint64_t size) {
  (void)pasid, (void)start, (void)size; /* all of them */
#ifndef WITHOUT_DEVICE_INVALIDATION
  iommu_invalidate();
#endif
}

bool fallow_kernel_await_invalidations(void) {
  iommu_wait();
  return true;
}
