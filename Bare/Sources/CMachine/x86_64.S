/* Entry, a second CPU's entry, interrupt stubs and probes for x86-64. */
#if defined(__x86_64__)

#include "CMachine.h"

#define CR0_PG_WP_PE 0x80010001
#define CR4_PAE_PGE 0xa0
#define EFER 0xc0000080
#define EFER_NXE_LME 0x900
#define STACK_SIZE 0x8000

/* QEMU reads the entry point from a note that Xen defined (PVH). */
  .section .note.Xen, "a", @note
  .long 4, 4, 18
  .asciz "Xen"
  .long boot_start

/* In 32-bit mode, unpaged, EBX at the start information. */
  .section .boot, "ax"
  .code32
  .globl boot_start
boot_start:
  movl %ebx, machine_start_info
  lgdt gdt_pointer
/* The lowest 4 GiB where they are, in leaves of 1 GiB, and the first 2 MiB
   at MACHINE_BOOT_UPPER too. */
  movl $boot_directory + 7, boot_root
  movl $0x00000083, boot_directory
  movl $0x40000083, boot_directory + 8
  movl $0x80000083, boot_directory + 16
  movl $0xc0000083, boot_directory + 24
  movl $boot_upper + 7, boot_root + 511 * 8
  movl $machine_boot_upper_table + 7, boot_upper + 510 * 8
  movl $0x00000083, machine_boot_upper_table
  movl $boot_root, %eax
  movl %eax, %cr3
  movl $CR4_PAE_PGE, %eax
  movl %eax, %cr4
  movl $EFER, %ecx
  movl $EFER_NXE_LME, %eax
  xorl %edx, %edx
  wrmsr
  movl $CR0_PG_WP_PE, %eax
  movl %eax, %cr0
  ljmp $8, $boot_long

  .code64
boot_long:
  movl $boot_stack_end, %esp
  xorl %edi, %edi
  call enter_cpu
  call main
1: hlt
  jmp 1b

/* EDI: the CPU's number. Loads its segments and its area under GS. */
enter_cpu:
  movl $16, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  xorl %eax, %eax
  movl %eax, %fs
  movl %eax, %gs
  movq %rdi, %rax
  shlq $6, %rax
  addq $machine_cpu_areas, %rax
  movq %rdi, (%rax)
  xorl %edx, %edx
  movl $0xc0000101, %ecx
  wrmsr
  lidt idt_pointer
  ret

/* The second CPU starts here in real mode, at the page that
   machine_start_second_cpu copied it to. */
  .section .rodata.trampoline, "a"
  .code16
  .globl machine_trampoline, machine_trampoline_end
machine_trampoline:
  cli
  xorw %ax, %ax
  movw %ax, %ds
  lgdtl MACHINE_TRAMPOLINE_AT + trampoline_gdt - machine_trampoline
  movl MACHINE_TRAMPOLINE_AT + trampoline_root - machine_trampoline, %eax
  movl %eax, %cr3
  movl $CR4_PAE_PGE, %eax
  movl %eax, %cr4
  movl $EFER, %ecx
  movl $EFER_NXE_LME, %eax
  xorl %edx, %edx
  wrmsr
  movl $CR0_PG_WP_PE, %eax
  movl %eax, %cr0
  ljmpl $8, $second_long
trampoline_gdt:
  .word gdt_end - gdt - 1
  .long gdt
  .globl trampoline_root
trampoline_root:
  .long 0
machine_trampoline_end:

  .text
  .code64
second_long:
  movl $second_stack_end, %esp
  movl $1, %edi
  call enter_cpu
  call second_cpu_main
1: hlt
  jmp 1b

/* A stub of 16 bytes for each vector: the error code, or 0 where the CPU
   pushes none, then the vector. */
  .balign 16
  .globl machine_interrupt_stubs
machine_interrupt_stubs:
  .set vector, 0
  .rept 48
  .balign 16
  .if !((vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17))
  pushq $0
  .endif
  pushq $vector
  jmp interrupt_common
  .set vector, vector + 1
  .endr

interrupt_common:
  pushq %rax
  pushq %rcx
  pushq %rdx
  pushq %rsi
  pushq %rdi
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  cld
  movq %rsp, %rdi
  call machine_interrupt
  popq %r11
  popq %r10
  popq %r9
  popq %r8
  popq %rdi
  popq %rsi
  popq %rdx
  popq %rcx
  popq %rax
  addq $16, %rsp
  iretq

/* Accesses that may fault: the handler of page faults moves on from the
   access to machine_probe_faulted, with its error code in RDX. */
  .globl machine_probe_load, machine_probe_store, machine_probe_faulted
  .globl machine_probe_load_access, machine_probe_store_access
machine_probe_load:
  xorl %edx, %edx
machine_probe_load_access:
  movq (%rdi), %rax
  ret
machine_probe_store:
  xorl %eax, %eax
  xorl %edx, %edx
machine_probe_store_access:
  movq %rsi, (%rdi)
  ret
machine_probe_faulted:
  xorl %eax, %eax
  ret

  .data
  .balign 8
gdt:
  .quad 0
  .quad 0x00af9a000000ffff
  .quad 0x00cf92000000ffff
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt
  .balign 8
idt_pointer:
  .word 48 * 16 - 1
  .quad machine_interrupt_table

  .bss
  .balign 4096
  .globl boot_root, machine_boot_upper_table
boot_root:
  .skip 4096
boot_directory:
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
