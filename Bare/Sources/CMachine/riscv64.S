/* Entry, a second hart's entry, traps and probes for RISC-V. */
#if defined(__riscv)

#include "CMachine.h"

#define STACK_SIZE 0x10000
#define LEAF 0xcf /* valid, all may be done, accessed and dirty */
#define GIGABYTE 0x10000000

  .option norelax
  .section .boot, "ax"
  .globl boot_start
/* In machine mode, unpaged, on every hart. */
boot_start:
  csrr tp, mhartid
  bnez tp, second_start
  la sp, boot_stack_end
/* The lowest 4 GiB where they are, in leaves of 1 GiB, and the first page of
   memory at MACHINE_BOOT_UPPER too. */
  la a0, boot_root
  li t0, LEAF
  li t1, GIGABYTE
  sd t0, 0(a0)
  add t0, t0, t1
  sd t0, 8(a0)
  add t0, t0, t1
  sd t0, 16(a0)
  add t0, t0, t1
  sd t0, 24(a0)
  la t0, boot_upper
  srli t0, t0, 2
  ori t0, t0, 1
  la t1, boot_upper
  sd t0, -8(t1)
  la t0, machine_boot_upper_table
  srli t0, t0, 2
  ori t0, t0, 1
  sd t0, 0(t1)
  li t0, MACHINE_MEMORY / 4 + LEAF
  la t1, machine_boot_upper_table
  sd t0, 0(t1)
  la a1, main
  j enter_supervisor

/* The second hart sleeps until the first calls it, with a root. */
second_start:
  csrwi mie, 1 << 3
1: wfi
  la t0, machine_second_root
  ld a0, 0(t0)
  beqz a0, 1b
  csrwi mie, 0
  la sp, second_stack_end
  la a1, second_cpu_main

/* Goes on at A1 in supervisor mode, on the tables from A0 on. */
enter_supervisor:
  /* It may access all of memory. */
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  /* It has the counters, its own traps and interrupts, and an MMU that writes
     the accessed and dirty bits: menvcfg.ADUE. */
  li t0, 7
  csrw mcounteren, t0
  li t0, -1
  csrw medeleg, t0
  csrw mideleg, t0
  li t0, 1
  slli t0, t0, 61
  csrs 0x30a, t0
  la t0, trap
  csrw stvec, t0
  la t0, stop
  csrw mtvec, t0
  csrwi sie, 1 << 1
  /* Always pending: see machine_pause. */
  li t0, MACHINE_TIMER_INTERRUPT
  csrs mip, t0
  li t0, 3 << 11
  csrc mstatus, t0
  li t0, 1 << 11
  csrs mstatus, t0
  srli a0, a0, 12
  li t0, 8 << 60
  or a0, a0, t0
  csrw satp, a0
  sfence.vma
  csrw mepc, a1
  mret
stop:
  wfi
  j stop

/* What a call may clobber. */
.macro caller_saved access
  \access ra, 0(sp)
  \access t0, 8(sp)
  \access t1, 16(sp)
  \access t2, 24(sp)
  \access t3, 32(sp)
  \access t4, 40(sp)
  \access t5, 48(sp)
  \access t6, 56(sp)
  \access a0, 64(sp)
  \access a1, 72(sp)
  \access a2, 80(sp)
  \access a3, 88(sp)
  \access a4, 96(sp)
  \access a5, 104(sp)
  \access a6, 112(sp)
  \access a7, 120(sp)
.endm

/* A trap in supervisor mode: another hart's call, or a probe, which moves on
   to its end. */
  .text
  .balign 4
trap:
  addi sp, sp, -128
  caller_saved sd
  csrr a0, scause
  bltz a0, 2f
  csrr a1, sepc
  la t0, machine_probe_load_access
  beq t0, a1, 1f
  la t0, machine_probe_store_access
  beq t0, a1, 1f
  csrr a2, stval
  call machine_trapped
1:
  la t0, machine_probe_faulted
  csrw sepc, t0
  j 3f
2:
  /* Before the call is answered: the next may come at once. What is asked is
     read after that; a CSR is ordered like a device's register. */
  csrci sip, 1 << 1
  fence io, rw
  call machine_interrupted
3:
  caller_saved ld
  addi sp, sp, 128
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
  .balign 4096
  .globl boot_root, machine_boot_upper_table
/* Its last entry, the last of the kernel half, is before boot_upper. */
boot_root:
  .skip 4096
boot_upper:
  .skip 4096
machine_boot_upper_table:
  .skip 4096
  .skip STACK_SIZE
boot_stack_end:
  .skip STACK_SIZE
second_stack_end:

#endif
