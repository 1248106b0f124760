/* Entry and exceptions for x86-64, by PVH. */
#if defined(__x86_64__)
#include "Boot.h"

/* QEMU reads the entry point from a note that Xen defined. */
  .section .note.Xen, "a", @note
  .long 4, 4, 18
  .asciz "Xen"
  .long boot_start

  .section .boot, "ax"
  .code32
  .globl boot_start
/* In 32-bit mode, unpaged: to 64-bit mode on tables that map the lowest GiB
   where it is. */
boot_start:
  lgdt gdt_pointer
  movl $boot_root, %eax
  movl %eax, %cr3
  movl $0xa0, %eax          /* CR4: PAE, PGE */
  movl %eax, %cr4
  movl $0xc0000080, %ecx    /* EFER: NXE, LME */
  movl $0x900, %eax
  xorl %edx, %edx
  wrmsr
  movl $0x80010001, %eax    /* CR0: PG, WP, PE */
  movl %eax, %cr0
  ljmp $8, $1f
  .code64
1:
  movl $16, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  movl $boot_stack_end, %esp
  call boot_fill_interrupt_table
  lidt idt_pointer
  call main
2: hlt
  jmp 2b

/* A stub of 16 bytes for each exception: its error code, or 0 where the CPU
   pushes none, then its number. */
  .text
  .balign 16
  .globl boot_exception_stubs
boot_exception_stubs:
  .set vector, 0
  .rept 32
  .balign 16
  .if !((vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17))
  pushq $0
  .endif
  pushq $vector
  jmp exception
  .set vector, vector + 1
  .endr

exception:
  popq %rdi
  movq %cr2, %rsi
  movq 8(%rsp), %rdx
  andq $-16, %rsp
  call boot_exception

  .data
  .balign 4096
boot_root:
  .quad boot_directory + 7
  .skip 4088
boot_directory:
  .quad 0x83
  .skip 4088
gdt:
  .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
  .word 23
  .long gdt
  .balign 8
idt_pointer:
  .word 511
  .quad boot_interrupt_table

  .bss
  .balign 16
  .skip BOOT_STACK_SIZE
boot_stack_end:
#endif
