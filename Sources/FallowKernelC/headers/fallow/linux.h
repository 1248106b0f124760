/* The kernel's names over the explorer's machine.
 *
 * Each <linux/NAME.h> of a file leads here. What a name does is written by its
 * interface and the order of its stores, not taken from the kernel; where it
 * does less than the kernel's, the file that has it says so. */
#ifndef FALLOW_LINUX_H
#define FALLOW_LINUX_H

#include <fallow/check.h>
#include <fallow/kernel/types.h>
#include <fallow/kernel/numbers.h>
#include <fallow/kernel/errors.h>
#include <fallow/kernel/access.h>
#include <fallow/kernel/atomic.h>
#include <fallow/kernel/keys.h>
#include <fallow/kernel/locks.h>
#include <fallow/kernel/refcount.h>
#include <fallow/kernel/interrupts.h>
#include <fallow/kernel/rcu.h>
#include <fallow/kernel/list.h>
#include <fallow/kernel/llist.h>
#include <fallow/kernel/hash.h>
#include <fallow/kernel/work.h>
#include <fallow/kernel/wait.h>
#include <fallow/kernel/memory.h>
#include <fallow/kernel/tables.h>
#include <fallow/kernel/walks.h>
#include <fallow/kernel/gather.h>
#include <fallow/kernel/iommu.h>
#include <fallow/kernel/cleanup.h>

#endif
