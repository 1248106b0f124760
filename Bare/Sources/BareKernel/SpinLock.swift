package import CMachine
package import Synchronization

/// A lock that is waited for with interrupts as they are.
///
/// Unlike Fallow's, it pauses while it waits: an emulator that runs one CPU at a
/// time goes on to the holder then. Without the pause, the RISC-V image takes
/// several times as long.
package struct SpinLock: ~Copyable {
  @usableFromInline let isHeld = Atomic<Bool>(false)

  /// A lock that nobody holds.
  package init() {}

  /// Takes the lock.
  ///
  /// What the last holder wrote is visible afterwards.
  @inlinable
  package func lock() {
    while isHeld.exchange(true, ordering: .acquiring) { machine_pause() }
  }

  /// Gives the lock back.
  @inlinable
  package func unlock() {
    isHeld.store(false, ordering: .releasing)
  }
}
