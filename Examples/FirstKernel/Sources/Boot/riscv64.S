/* Entry and traps for RISC-V, under QEMU's virt with -bios none. */
#if defined(__riscv)
#include "Boot.h"

  .section .boot, "ax"
  .globl boot_start
/* In machine mode, unpaged, on every hart: the first goes on. */
boot_start:
  csrr t0, mhartid
1:
  bnez t0, 2f
  j 3f
2:
  wfi
  j 2b
3:
  la sp, boot_stack_end
  /* Supervisor mode may access all memory, takes its own traps, and may load
     from user pages (SUM). The MMU writes accessed and dirty bits (ADUE). */
  li t0, -1
  csrw pmpaddr0, t0
  csrwi pmpcfg0, 0x1f
  csrw medeleg, t0
  csrw mideleg, t0
  li t0, 1
  slli t0, t0, 61
  csrs 0x30a, t0
  la t0, trap
  csrw stvec, t0
  csrw mtvec, t0
  li t0, 3 << 11
  csrc mstatus, t0
  li t0, 1 << 11 | 1 << 18
  csrs mstatus, t0
  la t0, main
  csrw mepc, t0
  la ra, 2b
  mret

  .text
  .balign 4
trap:
  csrr a0, scause
  csrr a1, stval
  csrr a2, sepc
  j boot_exception

  .bss
  .balign 16
  .skip BOOT_STACK_SIZE
boot_stack_end:
#endif
