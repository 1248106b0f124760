/* Entry, a second CPU's entry, exceptions and probes for AArch64. */
#if defined(__aarch64__)

#include "CMachine.h"

#define STACK_SIZE 0x10000
#define BLOCK 0x701 /* valid, accessed, inner shareable, for the kernel */
#define WRITABLE (1 << 51) /* that it is dirty is bit 7, which is clear */
#define NO_EXECUTE (3 << 53)
#define DEVICE (2 << 2)
#define TABLE 3
#define GIGABYTE 0x40000000

  .section .boot, "ax"
  .globl boot_start
/* At EL1, unpaged. */
boot_start:
  adrp x0, boot_stack_end
  add x0, x0, :lo12:boot_stack_end
  mov sp, x0
  /* The lowest 4 GiB where they are, by TTBR0: devices, then memory. */
  adrp x0, boot_low_root
  adrp x1, boot_low
  orr x2, x1, #TABLE
  str x2, [x0]
  ldr x2, =BLOCK | DEVICE | WRITABLE | NO_EXECUTE
  str x2, [x1]
  mov x3, #GIGABYTE
  ldr x2, =BLOCK | WRITABLE | GIGABYTE
  str x2, [x1, #8]
  add x2, x2, x3
  str x2, [x1, #16]
  add x2, x2, x3
  str x2, [x1, #24]
  /* The first memory at MACHINE_BOOT_UPPER too, by TTBR1; its neighbour keeps
     the table above. */
  adrp x4, boot_root
  adrp x5, boot_upper
  adrp x6, machine_boot_upper_table
  orr x2, x5, #TABLE
  str x2, [x4, #4088]
  orr x2, x6, #TABLE
  str x2, [x5, #4088]
  ldr x2, =BLOCK | WRITABLE | NO_EXECUTE | MACHINE_MEMORY
  str x2, [x5, #4080]
  str x2, [x6]
  mov x1, x4
  mov x2, #0
  ldr x3, =main
  b enter

/* The same, on the second CPU. */
  .globl second_start
second_start:
  adrp x0, second_stack_end
  add x0, x0, :lo12:second_stack_end
  mov sp, x0
  adrp x2, machine_second_roots
  add x2, x2, :lo12:machine_second_roots
  ldp x0, x1, [x2]
  mov x2, #1
  ldr x3, =second_cpu_main

/* Goes on at X3 as CPU X2, on the tables from X0 and X1 on. */
enter:
  msr tpidr_el1, x2
  adrp x4, vectors
  add x4, x4, :lo12:vectors
  msr vbar_el1, x4
  ldr x4, =MACHINE_MAIR
  msr mair_el1, x4
  ldr x4, =MACHINE_TCR
  msr tcr_el1, x4
  msr ttbr0_el1, x0
  msr ttbr1_el1, x1
  /* The stores above went past the caches. */
  dsb ishst
  tlbi vmalle1
  dsb nsh
  isb
  /* What must be one, and SPAN; I, SA, C, M. */
  ldr x4, =0x30d0180d
  msr sctlr_el1, x4
  isb
  /* The CPU's interface to the GIC: ICC_SRE_EL1, ICC_PMR_EL1,
     ICC_IGRPEN1_EL1. */
  mov x4, #7
  msr S3_0_C12_C12_5, x4
  isb
  mov x4, #0xff
  msr S3_0_C4_C6_0, x4
  mov x4, #1
  msr S3_0_C12_C12_7, x4
  isb
  stp x2, x3, [sp, #-16]!
  mov x0, x2
  bl machine_start_interrupts
  ldp x2, x3, [sp], #16
  blr x3
1: wfi
  b 1b
  .ltorg

/* What a call may clobber. */
.macro caller_saved access
  \access x0, x1, [sp]
  \access x2, x3, [sp, #16]
  \access x4, x5, [sp, #32]
  \access x6, x7, [sp, #48]
  \access x8, x9, [sp, #64]
  \access x10, x11, [sp, #80]
  \access x12, x13, [sp, #96]
  \access x14, x15, [sp, #112]
  \access x16, x17, [sp, #128]
  \access x18, x30, [sp, #144]
.endm

/* Exceptions are taken from EL1 on its own stack alone: the fifth is
   synchronous, the sixth an interrupt. */
  .text
  .balign 2048
vectors:
  .rept 4
  .balign 128
  b unexpected
  .endr
  .balign 128
  b synchronous
  .balign 128
  b interrupt
  .rept 10
  .balign 128
  b unexpected
  .endr
  .balign 128

/* A probe moves on to its end. */
synchronous:
  sub sp, sp, #160
  caller_saved stp
  mrs x2, elr_el1
  adr x0, machine_probe_load_access
  cmp x0, x2
  b.eq 1f
  adr x0, machine_probe_store_access
  cmp x0, x2
  b.eq 1f
unexpected:
  mrs x0, esr_el1
  mrs x1, elr_el1
  mrs x2, far_el1
  bl machine_trapped
1:
  adr x0, machine_probe_faulted
  msr elr_el1, x0
  b 2f

/* Another CPU's call. */
interrupt:
  sub sp, sp, #160
  caller_saved stp
  /* ICC_IAR1_EL1 and ICC_EOIR1_EL1, before the call is answered: the next may
     come at once. */
  mrs x0, S3_0_C12_C12_0
  dsb sy
  msr S3_0_C12_C12_1, x0
  isb
  bl machine_interrupted
2:
  caller_saved ldp
  add sp, sp, #160
  eret

/* Accesses that may fault. They clobber what any call may. */
  .globl machine_probe_load, machine_probe_store
machine_probe_load:
  mov x1, #0
machine_probe_load_access:
  ldr x0, [x0]
  ret
machine_probe_store:
  mov x2, x1
  mov x1, #0
machine_probe_store_access:
  str x2, [x0]
  mov x0, #0
  ret
machine_probe_faulted:
  mov x0, #0
  mov x1, #-1
  ret

  .bss
  .balign 4096
  .globl boot_root, machine_boot_upper_table
boot_root:
  .skip 4096
boot_upper:
  .skip 4096
machine_boot_upper_table:
  .skip 4096
boot_low_root:
  .skip 4096
boot_low:
  .skip 4096
  .skip STACK_SIZE
boot_stack_end:
  .skip STACK_SIZE
second_stack_end:

#endif
