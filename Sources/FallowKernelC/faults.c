/* A program's faults: the handler goes on in the host, which ends the turn. */
#define _GNU_SOURCE
#include "image.h"
#if FALLOW_RUNS_PROGRAMS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

static struct sigaction previous[65];
static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static _Thread_local bool has_stack;

static _Noreturn void land(enum fallow_fault fault)
{
  fallow_current->in_host = 1;
  switch (fault) {
  case FALLOW_FAULT_ADDRESS:
    fallow_fail(fault, "what stands there is neither data nor code");
  default: fallow_fail(fault, 0);
  }
}

static void handle(int number, siginfo_t *info, void *context)
{
  struct fallow_image *image = fallow_current;
  ucontext_t *at = context;
  if (!image || !image->is_running || image->in_host) {
    /* Not the program's: what would have happened happens. */
    sigaction(number, &previous[number], 0);
    return;
  }
  greg_t *registers = at->uc_mcontext.gregs;
  (void)info;
  uint64_t bottom = image->base[STACKS]
      + ((uint64_t)image->turn->actor << STACK_SHIFT) + (1 << STACK_SHIFT)
      - STACK_MARGIN - STACK_SIZE;
  uint64_t below = bottom - (uint64_t)registers[REG_RSP];
  enum fallow_fault fault = FALLOW_FAULT_ADDRESS;
  if (number == SIGSEGV && below - 1 < 1ull << 32)
    fault = FALLOW_FAULT_STACK_OVERFLOW;
  if (number == SIGFPE || number == SIGILL || number == SIGTRAP)
    fault = FALLOW_FAULT_INSTRUCTION;
  uint64_t site = (uint64_t)registers[REG_RIP];
  if (fallow_is_in(image, DATA, site))
    fallow_note_calls(site + 1, (uint64_t)registers[REG_RBP]);
  registers[REG_RDI] = fault;
  registers[REG_RIP] = (greg_t)land;
  registers[REG_RSP] = (greg_t)(image->host_stack - 8);
}

static void install(void)
{
  struct sigaction action = {0};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (size_t index = 0; index < sizeof signals / sizeof *signals; index++)
    sigaction(signals[index], &action, &previous[signals[index]]);
}

void fallow_catch_faults(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  if (has_stack) return;
  has_stack = true;
  stack_t stack = {0};
  stack.ss_size = 1 << 16;
  stack.ss_sp = mmap(
      0, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
      0);
  if (stack.ss_sp != MAP_FAILED) sigaltstack(&stack, 0);
}
#else

void fallow_catch_faults(void) {}

#endif
