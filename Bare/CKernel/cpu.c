/* Locks, and calls of the other CPU. Interrupts are off in read sections, so a
 * CPU that answers a call has left those it was in. */
#include "kernel.h"

void spin_lock(struct spin_lock *lock) {
  while (__atomic_exchange_n(&lock->is_taken, 1, __ATOMIC_ACQUIRE))
    machine_pause();
}

void spin_unlock(struct spin_lock *lock) {
  __atomic_store_n(&lock->is_taken, 0, __ATOMIC_RELEASE);
}

/* -- Calls ----------------------------------------------------------------- */

static struct spin_lock calling;
static uint64_t call_start, call_size;
static unsigned is_called, other_is_online;
bool flush_is_left_out;

static void flush_here(uint64_t start, uint64_t size) {
  if (size > 16 * PAGE) return machine_flush_all();
  for (uint64_t done = 0; done < size; done += PAGE)
    machine_flush_page(start + done);
}

/* What a called CPU does. */
static void answer_call(void) {
  if (!__atomic_load_n(&is_called, __ATOMIC_ACQUIRE)) return;
  flush_here(call_start, call_size);
  __atomic_store_n(&is_called, 0, __ATOMIC_RELEASE);
}

/* Makes the other CPU flush a range, or only answer. Two may call each other:
 * interrupts are on. */
static void call_other(uint64_t start, uint64_t size) {
  if (!__atomic_load_n(&other_is_online, __ATOMIC_SEQ_CST)) return;
  spin_lock(&calling);
  call_start = start;
  call_size = size;
  __atomic_store_n(&is_called, 1, __ATOMIC_SEQ_CST);
  machine_call_other_cpus();
  while (__atomic_load_n(&is_called, __ATOMIC_ACQUIRE)) machine_pause();
  spin_unlock(&calling);
}

void fallow_kernel_flush_cpus(uint64_t root, uint64_t start, uint64_t size,
                              bool tables) {
  (void)root, (void)tables; /* no ASIDs: each CPU flushes whatever it runs */
  if (flush_is_left_out) return;
  flush_here(start, size);
  call_other(start, size);
}

void fallow_kernel_publish(uint64_t root, uint64_t start, uint64_t size) {
  (void)root;
  flush_here(start, size);
}

/* -- Read sections --------------------------------------------------------- */

static unsigned depth[MACHINE_CPUS];

void fallow_kernel_enter_read_section(void) {
  machine_disable_interrupts();
  depth[machine_current_cpu()]++;
}

void fallow_kernel_leave_read_section(void) {
  if (--depth[machine_current_cpu()] == 0) machine_enable_interrupts();
}

void fallow_kernel_await_readers(void) { call_other(0, 0); }

uint32_t fallow_kernel_current_cpu(void) {
  return (uint32_t)machine_current_cpu();
}

/* -- Locks and the worker -------------------------------------------------- */

static struct spin_lock locks[FALLOW_LOCKS], worker;
static unsigned worker_is_due;

void fallow_kernel_lock(uint32_t lock) { spin_lock(&locks[lock]); }
void fallow_kernel_unlock(uint32_t lock) { spin_unlock(&locks[lock]); }

void fallow_kernel_schedule_worker(uint64_t delay) {
  (void)delay;
  __atomic_store_n(&worker_is_due, 1, __ATOMIC_RELEASE);
}

void worker_run(void) {
  spin_lock(&worker);
  if (__atomic_exchange_n(&worker_is_due, 0, __ATOMIC_ACQUIRE))
    fallow_reclaim();
  spin_unlock(&worker);
}

/* -- Start ----------------------------------------------------------------- */

static void start_interrupts(void) {
#if defined(__x86_64__)
  machine_start_local_apic();
#else
  /* The kernel accesses users' pages: SUM. */
  __asm__ volatile("csrs sstatus, %0" ::"r"(1ul << 18));
#endif
  machine_enable_interrupts();
}

void cpu_start(void) {
#if defined(__x86_64__)
  /* The old controller's lines stay silent: its vectors are exceptions'. */
  machine_out8(0x21, 0xff);
  machine_out8(0xa1, 0xff);
  machine_fill_interrupt_table();
#endif
  start_interrupts();
}

void cpu_start_second(uint64_t root) {
  machine_start_second_cpu(root * PAGE, root * PAGE);
  while (!__atomic_load_n(&other_is_online, __ATOMIC_ACQUIRE)) machine_pause();
}

/* Where the second CPU's entry code goes. */
void second_cpu_main(void) {
  start_interrupts();
  __atomic_store_n(&other_is_online, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    second_step();
    machine_pause();
  }
}

/* Where interrupts and exceptions go. */
#if defined(__x86_64__)
void machine_interrupt(struct machine_frame *frame) {
  if (frame->vector == 14 && machine_end_probe(frame)) return;
  if (frame->vector != 32) stop("exception", frame->vector);
  answer_call();
  machine_end_interrupt();
}
#else
void machine_interrupted(void) { answer_call(); }
void machine_trapped(uint64_t cause, uint64_t address, uint64_t value) {
  (void)address, (void)value;
  stop("trap", cause);
}
#endif
