/* Entry, traps and probes for RISC-V. */
#if defined(__riscv)

#include "CMachine.h"

  .option norelax
  .section .boot, "ax"
  .globl boot_start
/* In machine mode, on every hart: the first goes on, in supervisor mode. */
boot_start:
  csrr t0, mhartid
  bnez t0, stop
  la sp, boot_stack_end
  /* Supervisor mode may access all of memory. */
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  /* It has the counters, its own traps, and an MMU that writes the accessed
     and dirty bits: menvcfg.ADUE. */
  li t0, 7
  csrw mcounteren, t0
  li t0, -1
  csrw medeleg, t0
  li t0, 1
  slli t0, t0, 61
  csrs 0x30a, t0
  la t0, trap
  csrw stvec, t0
  la t0, stop
  csrw mtvec, t0
  li t0, 3 << 11
  csrc mstatus, t0
  li t0, 1 << 11
  csrs mstatus, t0
  la t0, main
  csrw mepc, t0
  mret
stop:
  wfi
  j stop

/* A trap in supervisor mode: at a probe it moves on to the probe's end. */
  .text
  .balign 4
trap:
  la t0, machine_probe_load_access
  csrr t1, sepc
  beq t0, t1, 1f
  la t0, machine_probe_store_access
  beq t0, t1, 1f
  csrr a0, scause
  csrr a1, sepc
  csrr a2, stval
  call machine_trapped
1:
  la t0, machine_probe_faulted
  csrw sepc, t0
  sret

/* Accesses that may fault. They clobber what any call may. */
  .globl machine_probe_load, machine_probe_store
machine_probe_load:
  li a1, 0
machine_probe_load_access:
  ld a0, 0(a0)
  ret
machine_probe_store:
  mv a2, a1
  li a1, 0
machine_probe_store_access:
  sd a2, 0(a0)
  li a0, 0
  ret
machine_probe_faulted:
  li a0, 0
  li a1, -1
  ret

  .bss
  .balign 16
  .skip 0x10000
boot_stack_end:

#endif
