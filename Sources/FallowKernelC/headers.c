/* The headers for programs, as text: the tool writes them out where it
 * compiles one. */
#include "FallowKernelC.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char fallow_check_h[] = {
#embed "headers/fallow/check.h"
    , 0};
static const char fallow_kernel_access_h[] = {
#embed "headers/fallow/kernel/access.h"
    , 0};
static const char fallow_kernel_atomic_h[] = {
#embed "headers/fallow/kernel/atomic.h"
    , 0};
static const char fallow_kernel_cleanup_h[] = {
#embed "headers/fallow/kernel/cleanup.h"
    , 0};
static const char fallow_kernel_errors_h[] = {
#embed "headers/fallow/kernel/errors.h"
    , 0};
static const char fallow_kernel_gather_h[] = {
#embed "headers/fallow/kernel/gather.h"
    , 0};
static const char fallow_kernel_hash_h[] = {
#embed "headers/fallow/kernel/hash.h"
    , 0};
static const char fallow_kernel_interrupts_h[] = {
#embed "headers/fallow/kernel/interrupts.h"
    , 0};
static const char fallow_kernel_iommu_h[] = {
#embed "headers/fallow/kernel/iommu.h"
    , 0};
static const char fallow_kernel_keys_h[] = {
#embed "headers/fallow/kernel/keys.h"
    , 0};
static const char fallow_kernel_list_h[] = {
#embed "headers/fallow/kernel/list.h"
    , 0};
static const char fallow_kernel_llist_h[] = {
#embed "headers/fallow/kernel/llist.h"
    , 0};
static const char fallow_kernel_locks_h[] = {
#embed "headers/fallow/kernel/locks.h"
    , 0};
static const char fallow_kernel_memory_h[] = {
#embed "headers/fallow/kernel/memory.h"
    , 0};
static const char fallow_kernel_numbers_h[] = {
#embed "headers/fallow/kernel/numbers.h"
    , 0};
static const char fallow_kernel_rcu_h[] = {
#embed "headers/fallow/kernel/rcu.h"
    , 0};
static const char fallow_kernel_refcount_h[] = {
#embed "headers/fallow/kernel/refcount.h"
    , 0};
static const char fallow_kernel_tables_h[] = {
#embed "headers/fallow/kernel/tables.h"
    , 0};
static const char fallow_kernel_types_h[] = {
#embed "headers/fallow/kernel/types.h"
    , 0};
static const char fallow_kernel_wait_h[] = {
#embed "headers/fallow/kernel/wait.h"
    , 0};
static const char fallow_kernel_walks_h[] = {
#embed "headers/fallow/kernel/walks.h"
    , 0};
static const char fallow_kernel_work_h[] = {
#embed "headers/fallow/kernel/work.h"
    , 0};
static const char fallow_linux_h[] = {
#embed "headers/fallow/linux.h"
    , 0};

static const struct {
  const char *name, *text;
} headers[] = {
    {"fallow/check.h", fallow_check_h},
    {"fallow/kernel/access.h", fallow_kernel_access_h},
    {"fallow/kernel/atomic.h", fallow_kernel_atomic_h},
    {"fallow/kernel/cleanup.h", fallow_kernel_cleanup_h},
    {"fallow/kernel/errors.h", fallow_kernel_errors_h},
    {"fallow/kernel/gather.h", fallow_kernel_gather_h},
    {"fallow/kernel/hash.h", fallow_kernel_hash_h},
    {"fallow/kernel/interrupts.h", fallow_kernel_interrupts_h},
    {"fallow/kernel/iommu.h", fallow_kernel_iommu_h},
    {"fallow/kernel/keys.h", fallow_kernel_keys_h},
    {"fallow/kernel/list.h", fallow_kernel_list_h},
    {"fallow/kernel/llist.h", fallow_kernel_llist_h},
    {"fallow/kernel/locks.h", fallow_kernel_locks_h},
    {"fallow/kernel/memory.h", fallow_kernel_memory_h},
    {"fallow/kernel/numbers.h", fallow_kernel_numbers_h},
    {"fallow/kernel/rcu.h", fallow_kernel_rcu_h},
    {"fallow/kernel/refcount.h", fallow_kernel_refcount_h},
    {"fallow/kernel/tables.h", fallow_kernel_tables_h},
    {"fallow/kernel/types.h", fallow_kernel_types_h},
    {"fallow/kernel/wait.h", fallow_kernel_wait_h},
    {"fallow/kernel/walks.h", fallow_kernel_walks_h},
    {"fallow/kernel/work.h", fallow_kernel_work_h},
    {"fallow/linux.h", fallow_linux_h},
};

enum { COUNT = sizeof headers / sizeof *headers };

const char *fallow_header_name(int index)
{
  return index < COUNT ? headers[index].name : 0;
}

const char *fallow_header(int index)
{
  return index < COUNT ? headers[index].text : 0;
}
