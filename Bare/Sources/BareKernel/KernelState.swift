package import Fallow
package import Synchronization

/// What changes behind a ``Kernel``.
package struct KernelState: ~Copyable {
  /// The frames that nobody uses.
  @usableFromInline var allocator = BuddyAllocator(
    over: Kernel.descriptors, zone: .first)
  @usableFromInline let allocatorLock = SpinLock()

  /// The library's locks, by number.
  @usableFromInline let locks = InlineArray<40, SpinLock> { _ in SpinLock() }

  /// Whether the worker is to run.
  @usableFromInline let isWorkerRunnable = Atomic<Bool>(false)

  /// Where the IOMMU's registers are.
  @usableFromInline var iommuRegisters: UInt64 = 0

  /// What the CPUs are asked to do at once.
  @usableFromInline let crossCall = CrossCall()
}
