// What instrumented code calls: each hook leaves the program's stack for the
// host's, so that nothing of the host stands on it, and notes the registers
// that the program keeps values in over a call. The loader finds a hook by its
// name; no symbol of the host has it, so that the thread sanitizer's own may.
//
// Offsets are those of struct fallow_image; turn.c asserts them.
#if defined(__x86_64__) && defined(__linux__)

.macro hook name
  .text
  .type enter_\name, @function
enter_\name:
  movq fallow_current@gottpoff(%rip), %rax
  movq %fs:(%rax), %rax
  movq %rbx, 0(%rax)
  movq %rbp, 8(%rax)
  movq %r12, 16(%rax)
  movq %r13, 24(%rax)
  movq %r14, 32(%rax)
  movq %r15, 40(%rax)
  movq %rsp, 48(%rax)
  movq 56(%rax), %rsp
  movq $1, 64(%rax)
  movq %rax, %rbx
  call hook_\name@PLT
  movq $0, 64(%rbx)
  movq 48(%rbx), %rsp
  movq 0(%rbx), %rbx
  ret
  .size enter_\name, . - enter_\name
  .section .rodata.fallow_hooks, "a", @progbits
.Lname_\name:
  .asciz "\name"
  .section fallow_hooks, "awR", @progbits
  .quad enter_\name, .Lname_\name
  .text
.endm

.macro sized prefix
  hook \prefix\()1
  hook \prefix\()2
  hook \prefix\()4
  hook \prefix\()8
.endm

.irp prefix, __tsan_read, __tsan_write, __tsan_volatile_read, __tsan_volatile_write
  sized \prefix
.endr
.irp size, 2, 4, 8
  hook __tsan_unaligned_read\size
  hook __tsan_unaligned_write\size
  hook __tsan_unaligned_volatile_read\size
  hook __tsan_unaligned_volatile_write\size
.endr
.irp name, __tsan_read16, __tsan_write16, __tsan_memcpy, __tsan_memset, __tsan_memmove
  hook \name
.endr
.irp bits, 8, 16, 32, 64
  .irp operation, load, store, exchange, fetch_add, fetch_sub, fetch_and, fetch_or, fetch_xor, fetch_nand, compare_exchange_val, compare_exchange_strong, compare_exchange_weak
    hook __tsan_atomic\bits\()_\operation
  .endr
.endr
hook __tsan_atomic_thread_fence
hook __tsan_atomic_signal_fence
hook __tsan_init

.irp name, fallow_lock, fallow_unlock, fallow_trylock, fallow_mutex_lock, fallow_mutex_unlock, fallow_mutex_trylock, fallow_wait
  hook \name
.endr
.irp name, fallow_rcu_enter, fallow_rcu_leave, fallow_synchronize_rcu, fallow_irq_off, fallow_irq_on, fallow_interrupt_cpus, fallow_smp_mb, fallow_may_sleep
  hook \name
.endr
.irp name, fallow_queue, fallow_call_rcu, fallow_flush, fallow_rcu_barrier, fallow_cancel
  hook \name
.endr
.irp name, fallow_alloc_table, fallow_free_table, fallow_alloc, fallow_free, fallow_flush_tlb, fallow_flush_tlb_leaves, fallow_flush_tlb_local, fallow_flush_tlb_on, fallow_flush_tlb_asid, fallow_load_asid, fallow_write_back, fallow_iommu_invalidate, fallow_release_pages, fallow_bind, fallow_unbind
  hook \name
.endr
.irp name, fallow_assert_that, fallow_choose, fallow_cpu, fallow_cpus, fallow_actor, fallow_elsewhere, fallow_irqs_disabled
  hook \name
.endr

// Each basic block: counts, and looks whether the stack is used up.
  .type enter_trace_pc, @function
enter_trace_pc:
  movq fallow_current@gottpoff(%rip), %rax
  movq %fs:(%rax), %rax
  cmpq %rsp, 88(%rax)
  jbe 1f
  movq %rsp, 88(%rax)
1:
  cmpq 80(%rax), %rsp
  jb 2f
  decq 72(%rax)
  js 2f
  ret
2:
  jmp enter_trace_pc_limit
  .section .rodata.fallow_hooks, "a", @progbits
.Lname_trace_pc:
  .asciz "__sanitizer_cov_trace_pc"
  .section fallow_hooks, "awR", @progbits
  .quad enter_trace_pc, .Lname_trace_pc
  .text
  hook trace_pc_limit

// Where a function begins, before it makes its frame: what those that have
// returned left on the stack is cleared, so that the frame begins with zeros.
  .type enter_fentry, @function
enter_fentry:
  movq fallow_current@gottpoff(%rip), %r11
  movq %fs:(%r11), %r11
  movq 88(%r11), %r10
  cmpq %rsp, %r10
  jae 2f
1:
  movq $0, (%r10)
  addq $8, %r10
  cmpq %rsp, %r10
  jb 1b
  movq %rsp, 88(%r11)
2:
  ret
  .section .rodata.fallow_hooks, "a", @progbits
.Lname_fentry:
  .asciz "__fentry__"
  .section fallow_hooks, "awR", @progbits
  .quad enter_fentry, .Lname_fentry
  .text

// uint64_t fallow_enter(image, body, stack): runs body on a stack.
  .globl fallow_enter
  .type fallow_enter, @function
fallow_enter:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $8, %rsp
  movq %rsp, 56(%rdi)
  movq %rdx, %rsp
  xorl %ebp, %ebp
  xorl %ebx, %ebx
  xorl %r12d, %r12d
  xorl %r13d, %r13d
  xorl %r14d, %r14d
  xorl %r15d, %r15d
  subq $16, %rsp
  movq %rsi, %rax
  movq %rcx, %rdi
  movq %r8, %rsi
  call *%rax
  // Nothing of the host stands on the program's stack: not the image either.
  movq fallow_current@gottpoff(%rip), %rdi
  movq %fs:(%rdi), %rdi
  movq 56(%rdi), %rsp
  addq $8, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size fallow_enter, . - fallow_enter

  .section .note.GNU-stack, "", @progbits
#endif
