import CMachine
import Fallow
import Synchronization

/// What changes behind a ``Kernel``.
struct KernelState: ~Copyable {
  /// The frames that nobody uses.
  var allocator = BuddyAllocator(over: Kernel.descriptors)
  let allocatorLock = SpinLock()

  /// The library's locks, by number.
  let locks = InlineArray<3, SpinLock> { _ in SpinLock() }

  /// Whether the worker is to run.
  let isWorkerRunnable = Atomic<Bool>(false)

  /// What the CPUs are asked to do at once.
  let crossCall = CrossCall()
}
