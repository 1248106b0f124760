/* PCI's first bus. */
#ifndef PCI_H
#define PCI_H

#include <stdint.h>

/* The function with that device and vendor; the machine stops if there is
 * none. */
uint32_t pci_find(uint32_t identity);

/* Lets it access memory; puts its registers at `address`, where no firmware has
 * put them anywhere, and returns where they are. */
uint64_t pci_enable(uint32_t function, uint32_t address);

#endif
