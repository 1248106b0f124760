/* Entry and exceptions for AArch64, under QEMU's virt at EL1. */
#if defined(__aarch64__)
#include "Boot.h"

/* What the format's memory types mean: write-back, not cached, device. */
#define MAIR 0x0444ff
/* 48-bit addresses below and above, granules of 4 KiB, walks that snoop, access
   and dirty bits written by the MMU. */
#define TCR 0x195b5103510
/* The MMU and the caches. */
#define SCTLR 0x30d0180d

  .section .boot, "ax"
  .balign 2048
vectors:
  .rept 16
  .balign 128
  b exception
  .endr
exception:
  mrs x0, esr_el1
  mrs x1, far_el1
  mrs x2, elr_el1
  b boot_exception

  .globl boot_start
/* Unpaged: to tables that map the lowest 2 GiB where they are, devices and then
   memory. */
boot_start:
  adrp x0, boot_stack_end
  add x0, x0, :lo12:boot_stack_end
  mov sp, x0
  adrp x0, vectors
  add x0, x0, :lo12:vectors
  msr vbar_el1, x0
  ldr x0, =MAIR
  msr mair_el1, x0
  ldr x0, =TCR
  msr tcr_el1, x0
  adrp x0, boot_root
  msr ttbr0_el1, x0
  msr ttbr1_el1, x0
  dsb ishst
  tlbi vmalle1
  dsb nsh
  isb
  ldr x0, =SCTLR
  msr sctlr_el1, x0
  isb
  bl main
1:
  wfi
  b 1b
  .ltorg

  .data
  .balign 4096
boot_root:
  .quad boot_directory + 3
  .skip 4088
boot_directory:
  .quad 0x0000000000000409 | 1 << 53  /* device, accessed, not executed */
  .quad 0x0000000040000701            /* memory, accessed, shareable */
  .skip 4080

  .bss
  .balign 16
  .skip BOOT_STACK_SIZE
boot_stack_end:
#endif
