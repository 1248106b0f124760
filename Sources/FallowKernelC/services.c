/* The functions of fallow/check.h. */
#include "image.h"
#include <string.h>

#define image fallow_current

static const struct fallow_place nowhere = {-1, -1, 0, 0};

/* Whether a loop can come to a service again and again: whether it has an
 * answer, or waits. */
static bool can_loop(enum fallow_service service)
{
  switch (service) {
  case FALLOW_LOCK:
  case FALLOW_AWAIT:
  case FALLOW_AWAIT_READERS:
  case FALLOW_INTERRUPT_CPUS:
  case FALLOW_FLUSH_WORK:
  case FALLOW_FLUSH_CALLBACKS:
  case FALLOW_CHOOSE:
  case FALLOW_TAKE_TABLE:
  case FALLOW_FLUSH_CPUS:
  case FALLOW_INVALIDATE:
  case FALLOW_FLUSH_LEAVES:
  case FALLOW_FLUSH_SOME_CPUS:
  case FALLOW_FLUSH_ASID: return true;
  case FALLOW_UNLOCK:
  case FALLOW_DRAIN_STORES:
  case FALLOW_ENTER_READ_SECTION:
  case FALLOW_LEAVE_READ_SECTION:
  case FALLOW_DISABLE_INTERRUPTS:
  case FALLOW_ENABLE_INTERRUPTS:
  case FALLOW_QUEUE_WORK:
  case FALLOW_QUEUE_CALLBACK:
  case FALLOW_CANCEL_WORK:
  case FALLOW_FREE_FRAME:
  case FALLOW_CURRENT_CPU:
  case FALLOW_RELEASE_PAGES:
  case FALLOW_BIND:
  case FALLOW_UNBIND:
  case FALLOW_FLUSH_OWN_CPU:
  case FALLOW_LOAD_ASID:
  case FALLOW_WRITE_BACK: return false;
  }
}

static uint64_t ask(
    enum fallow_service service, struct fallow_place place, uint64_t first,
    uint64_t second)
{
  fallow_stay_here();
  /* The hook was asked by what the program gave it. */
  image->asked[0] = (uint64_t)service + 256;
  if (can_loop(service)) fallow_cut_loop();
  uint64_t result = 0;
  if (image->host->service(
          image->context, service, place, first, second, &result))
    fallow_stop();
  return result;
}

static uint64_t serve(enum fallow_service service, uint64_t first, uint64_t second)
{
  return ask(service, nowhere, first, second);
}

/* An actor that sleeps must be allowed to. */
static void sleep_here(void)
{
  if (image->lock_depth || image->read_depth || image->off_depth
      || image->turn->is_atomic)
    fallow_fail(FALLOW_FAULT_SLEEP, 0);
}

void hook_fallow_may_sleep(void);
void hook_fallow_may_sleep(void)
{
  fallow_arrive(0, 0, 0, 0);
  sleep_here();
}

/* ---- Locks ---- */

static void take(void *lock)
{
  struct fallow_place place = fallow_lock_place(lock, 4, false);
  if (place.word >= 0) ask(FALLOW_LOCK, place, 0, 0);
}

static void give_back(void *lock)
{
  struct fallow_place place = fallow_lock_place(lock, 4, false);
  if (place.word >= 0) ask(FALLOW_UNLOCK, place, 0, 0);
}

static int try(void *lock)
{
  uint64_t owner = (uint64_t)image->turn->actor + 1;
  fallow_note_asked(
      FALLOW_UPDATE_COMPARE_EXCHANGE, (uint64_t)lock, owner, 0);
  fallow_cut_loop();
  return fallow_access(
             (uint64_t)lock, 4, FALLOW_UPDATE_COMPARE_EXCHANGE, owner, 0)
      == 0;
}

void hook_fallow_lock(void *lock);
void hook_fallow_lock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  take(lock);
  image->lock_depth++;
}

void hook_fallow_unlock(void *lock);
void hook_fallow_unlock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  if (image->lock_depth == 0)
    fallow_fail(FALLOW_FAULT_LOCKS, "a lock is given back that was not taken");
  give_back(lock);
  image->lock_depth--;
}

int hook_fallow_trylock(void *lock);
int hook_fallow_trylock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  int is_taken = try(lock);
  image->lock_depth += is_taken;
  return is_taken;
}

void hook_fallow_mutex_lock(void *lock);
void hook_fallow_mutex_lock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  sleep_here();
  take(lock);
}

void hook_fallow_mutex_unlock(void *lock);
void hook_fallow_mutex_unlock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  give_back(lock);
}

int hook_fallow_mutex_trylock(void *lock);
int hook_fallow_mutex_trylock(void *lock)
{
  fallow_arrive(0, (uint64_t)lock, 0, 0);
  return try(lock);
}

void hook_fallow_wait(void *count);
void hook_fallow_wait(void *count)
{
  fallow_arrive(0, (uint64_t)count, 0, 0);
  sleep_here();
  ask(FALLOW_AWAIT, fallow_lock_place(count, 4, true), 0, 0);
}

/* ---- Read sections and interrupts ---- */

void hook_fallow_rcu_enter(void);
void hook_fallow_rcu_enter(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->read_depth + image->off_depth == 0)
    serve(FALLOW_ENTER_READ_SECTION, 0, 0);
  image->read_depth++;
}

void hook_fallow_rcu_leave(void);
void hook_fallow_rcu_leave(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->read_depth == 0)
    fallow_fail(FALLOW_FAULT_LOCKS, "a read section ends that did not begin");
  image->read_depth--;
  if (image->read_depth + image->off_depth == 0)
    serve(FALLOW_LEAVE_READ_SECTION, 0, 0);
}

void hook_fallow_synchronize_rcu(void);
void hook_fallow_synchronize_rcu(void)
{
  fallow_arrive(0, 0, 0, 0);
  sleep_here();
  serve(FALLOW_AWAIT_READERS, 0, 0);
}

/* With interrupts off an actor is a reader too: no grace period ends. */
void hook_fallow_irq_off(void);
void hook_fallow_irq_off(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->off_depth++ > 0) return;
  serve(FALLOW_DISABLE_INTERRUPTS, 0, 0);
  if (image->read_depth == 0) serve(FALLOW_ENTER_READ_SECTION, 0, 0);
}

void hook_fallow_irq_on(void);
void hook_fallow_irq_on(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->off_depth == 0)
    fallow_fail(FALLOW_FAULT_LOCKS, "interrupts are on already");
  if (--image->off_depth > 0) return;
  if (image->read_depth == 0) serve(FALLOW_LEAVE_READ_SECTION, 0, 0);
  serve(FALLOW_ENABLE_INTERRUPTS, 0, 0);
}

int hook_fallow_irqs_disabled(void);
int hook_fallow_irqs_disabled(void)
{
  fallow_arrive(0, 0, 0, 0);
  return image->off_depth > 0;
}

void hook_fallow_interrupt_cpus(void);
void hook_fallow_interrupt_cpus(void)
{
  fallow_arrive(0, 0, 0, 0);
  if (image->off_depth) fallow_fail(FALLOW_FAULT_SLEEP, 0);
  serve(FALLOW_INTERRUPT_CPUS, 0, 0);
}

void hook_fallow_smp_mb(void);
void hook_fallow_smp_mb(void)
{
  fallow_arrive(0, 0, 0, 0);
  serve(FALLOW_DRAIN_STORES, 0, 0);
}

void hook___tsan_atomic_thread_fence(int order);
void hook___tsan_atomic_thread_fence(int order)
{
  enum { SEQUENTIALLY_CONSISTENT = 5 };
  fallow_arrive(0, (uint64_t)order, 0, 0);
  if (order == SEQUENTIALLY_CONSISTENT) serve(FALLOW_DRAIN_STORES, 0, 0);
}

/* ---- Calls that are put off ---- */

/* What is put off is a call. */
static void expect_function(const void *function)
{
  if (!function)
    fallow_fail(FALLOW_FAULT_ADDRESS, "the function that is put off is null");
}

bool hook_fallow_queue(void *work, void *function);
bool hook_fallow_queue(void *work, void *function)
{
  fallow_arrive(0, (uint64_t)work, (uint64_t)function, 0);
  expect_function(function);
  return serve(
      FALLOW_QUEUE_WORK, fallow_encode((uint64_t)function),
      fallow_encode((uint64_t)work));
}

void hook_fallow_call_rcu(void *head, void *function);
void hook_fallow_call_rcu(void *head, void *function)
{
  fallow_arrive(0, (uint64_t)head, (uint64_t)function, 0);
  expect_function(function);
  serve(
      FALLOW_QUEUE_CALLBACK, fallow_encode((uint64_t)function),
      fallow_encode((uint64_t)head));
}

void hook_fallow_flush(void *work);
void hook_fallow_flush(void *work)
{
  fallow_arrive(0, (uint64_t)work, 0, 0);
  sleep_here();
  serve(FALLOW_FLUSH_WORK, fallow_encode((uint64_t)work), 0);
}

void hook_fallow_rcu_barrier(void);
void hook_fallow_rcu_barrier(void)
{
  fallow_arrive(0, 0, 0, 0);
  sleep_here();
  serve(FALLOW_FLUSH_CALLBACKS, 0, 0);
}

bool hook_fallow_cancel(void *work);
bool hook_fallow_cancel(void *work)
{
  fallow_arrive(0, (uint64_t)work, 0, 0);
  return serve(FALLOW_CANCEL_WORK, fallow_encode((uint64_t)work), 0);
}

/* ---- Tables ---- */

void *hook_fallow_alloc_table(void);
void *hook_fallow_alloc_table(void)
{
  fallow_arrive(0, 0, 0, 0);
  uint64_t number = serve(FALLOW_TAKE_TABLE, 0, 0);
  return number == UINT64_MAX ? 0
                              : (void *)(image->base[FRAMES] | number << 12);
}

void hook_fallow_free_table(void *table);
void hook_fallow_free_table(void *table)
{
  uint64_t address = (uint64_t)table;
  fallow_arrive(0, (uint64_t)table, 0, 0);
  if (!fallow_is_in(image, FRAMES, address))
    fallow_fail(FALLOW_FAULT_ADDRESS, "no table's address");
  serve(FALLOW_FREE_FRAME, fallow_number_of_frame(address), 0);
}

void hook_fallow_flush_tlb(uint64_t start, uint64_t end);
void hook_fallow_flush_tlb(uint64_t start, uint64_t end)
{
  fallow_arrive(0, start, end, 0);
  serve(FALLOW_FLUSH_CPUS, start, end);
}

void hook_fallow_flush_tlb_leaves(uint64_t start, uint64_t end);
void hook_fallow_flush_tlb_leaves(uint64_t start, uint64_t end)
{
  fallow_arrive(0, start, end, 0);
  serve(FALLOW_FLUSH_LEAVES, start, end);
}

void hook_fallow_flush_tlb_local(uint64_t start, uint64_t end);
void hook_fallow_flush_tlb_local(uint64_t start, uint64_t end)
{
  fallow_arrive(0, start, end, 0);
  serve(FALLOW_FLUSH_OWN_CPU, start, end);
}

void hook_fallow_flush_tlb_on(uint64_t cpus, uint64_t start, uint64_t end);
void hook_fallow_flush_tlb_on(uint64_t cpus, uint64_t start, uint64_t end)
{
  fallow_arrive(0, cpus, start, end);
  struct fallow_place mask = {-1, (int)(cpus & 0xff), 0, 8};
  ask(FALLOW_FLUSH_SOME_CPUS, mask, start, end);
}

void hook_fallow_flush_tlb_asid(int asid);
void hook_fallow_flush_tlb_asid(int asid)
{
  fallow_arrive(0, (uint64_t)asid, 0, 0);
  serve(FALLOW_FLUSH_ASID, (uint64_t)asid, 0);
}

void hook_fallow_load_asid(int asid, bool keeps_caches);
void hook_fallow_load_asid(int asid, bool keeps_caches)
{
  fallow_arrive(0, (uint64_t)asid, (uint64_t)keeps_caches, 0);
  serve(FALLOW_LOAD_ASID, (uint64_t)asid, keeps_caches);
}

void hook_fallow_write_back(const void *entries, uint64_t size);
void hook_fallow_write_back(const void *entries, uint64_t size)
{
  uint64_t address = (uint64_t)entries;
  fallow_arrive(0, (uint64_t)entries, size, 0);
  if (!fallow_is_in(image, FRAMES, address))
    fallow_fail(FALLOW_FAULT_ADDRESS, "no entry of a table is there");
  serve(FALLOW_WRITE_BACK, address & REGION_MASK, size);
}

bool hook_fallow_iommu_invalidate(uint64_t start, uint64_t end);
bool hook_fallow_iommu_invalidate(uint64_t start, uint64_t end)
{
  fallow_arrive(0, start, end, 0);
  sleep_here();
  return serve(FALLOW_INVALIDATE, start, end);
}

void hook_fallow_release_pages(const struct fallow_slot *slot);
void hook_fallow_release_pages(const struct fallow_slot *slot)
{
  (void)slot;
  fallow_arrive(0, (uint64_t)slot, 0, 0);
  serve(FALLOW_RELEASE_PAGES, 0, 0);
}

bool hook_fallow_bind(int iommu, int pasid);
bool hook_fallow_bind(int iommu, int pasid)
{
  fallow_arrive(0, (uint64_t)iommu, (uint64_t)pasid, 0);
  sleep_here();
  return serve(FALLOW_BIND, (uint64_t)iommu, (uint64_t)pasid);
}

bool hook_fallow_unbind(int iommu, int pasid);
bool hook_fallow_unbind(int iommu, int pasid)
{
  fallow_arrive(0, (uint64_t)iommu, (uint64_t)pasid, 0);
  sleep_here();
  return serve(FALLOW_UNBIND, (uint64_t)iommu, (uint64_t)pasid);
}

/* ---- Memory ---- */

static uint64_t object_at(int index)
{
  return image->base[HEAP] + (uint64_t)index * OBJECT_WORDS * 8;
}

static uint64_t taken(int index, enum fallow_update update, uint64_t value)
{
  struct fallow_place place = {-1, image->memory.heap + index, 0, 8};
  fallow_note_asked((uint64_t)update, (uint64_t)place.word, value, 0);
  uint64_t result = 0;
  if (image->host->memory(image->context, place, update, value, 0, &result))
    fallow_stop();
  return result;
}

void *hook_fallow_alloc(uint64_t size);
void *hook_fallow_alloc(uint64_t size)
{
  fallow_arrive(0, size, 0, 0);
  fallow_note_asked(FALLOW_UPDATE_COMPARE_EXCHANGE, size, 0, 0);
  fallow_cut_loop();
  if (size > OBJECT_WORDS * 8)
    fallow_fail(FALLOW_FAULT_MEMORY, "an object of more than 64 bytes");
  bool may_fail = image->machine.failing_allocations;
  if (may_fail && serve(FALLOW_CHOOSE, 2, 0)) return 0;
  for (int index = 0; index < image->machine.objects; index++)
    if (!taken(index, FALLOW_UPDATE_COMPARE_EXCHANGE, 1))
      return (void *)object_at(index);
  if (may_fail) return 0;
  fallow_fail(
      FALLOW_FAULT_MEMORY,
      "more objects at once than .objects; .failing_allocations lets kmalloc "
      "fail instead");
}

void hook_fallow_free(void *object);
void hook_fallow_free(void *object)
{
  fallow_arrive(0, (uint64_t)object, 0, 0);
  if (!object) return;
  uint64_t offset = (uint64_t)object - image->base[HEAP];
  uint64_t index = offset / (OBJECT_WORDS * 8);
  if (!fallow_is_in(image, HEAP, (uint64_t)object)
      || offset % (OBJECT_WORDS * 8) != 0
      || index >= (uint64_t)image->machine.objects)
    fallow_fail(FALLOW_FAULT_FREE, 0);
  int made, logged;
  image->host->progress(image->context, &made, &logged);
  if (!taken((int)index, FALLOW_UPDATE_EXCHANGE, 0))
    fallow_fail(FALLOW_FAULT_FREE, 0);
  if (made < logged) return;
  /* With the same access it holds nothing any more. */
  int first = image->memory.heap + image->machine.objects
      + (int)index * OBJECT_WORDS;
  for (int word = 0; word < OBJECT_WORDS; word++)
    image->host->share(image->context, first + word, 0);
}

/* ---- What the search is asked ---- */

void hook_fallow_assert_that(bool holds);
void hook_fallow_assert_that(bool holds)
{
  fallow_arrive(0, (uint64_t)holds, 0, 0);
  if (!holds) fallow_fail(FALLOW_FAULT_ASSERTION, 0);
}

int hook_fallow_choose(int ways);
int hook_fallow_choose(int ways)
{
  fallow_arrive(0, (uint64_t)ways, 0, 0);
  return (int)serve(FALLOW_CHOOSE, (uint64_t)ways, 0);
}

int hook_fallow_cpu(void);
int hook_fallow_cpu(void)
{
  fallow_arrive(0, 0, 0, 0);
  return (int)serve(FALLOW_CURRENT_CPU, 0, 0);
}

int hook_fallow_actor(void);
int hook_fallow_actor(void)
{
  fallow_arrive(0, 0, 0, 0);
  return image->turn->actor;
}

int hook_fallow_cpus(void);
int hook_fallow_cpus(void)
{
  fallow_arrive(0, 0, 0, 0);
  return image->turn->cpus;
}

void hook_fallow_elsewhere(bool is_elsewhere);
void hook_fallow_elsewhere(bool is_elsewhere)
{
  fallow_arrive(0, (uint64_t)is_elsewhere, 0, 0);
  image->is_elsewhere = is_elsewhere;
}
