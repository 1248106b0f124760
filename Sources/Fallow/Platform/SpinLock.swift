// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// A lock that is waited for by looking again.
///
/// **What it promises.** One CPU at a time holds it, and what the last holder
/// wrote is visible to the next. Interrupts stay as they are: a kernel whose
/// interrupt handlers take the lock disables interrupts while it holds it.
///
/// It never moves: it is a field of a global or of memory that the kernel set
/// aside.
@frozen
public struct SpinLock: ~Copyable, Sendable {
  @usableFromInline let isHeld: Atomic<Bool>

  /// A lock that nobody holds.
  @inlinable
  public init() {
    isHeld = Atomic(false)
  }

  /// Takes the lock, and waits until it is free.
  ///
  /// While another CPU holds the lock, the caller reads it and does not write
  /// it, so that its cache line stays shared.
  ///
  /// - Parameter pause: Called before each further look: a hint to the CPU that
  ///   it waits, such as `pause` on x86-64. An emulator that runs one CPU at a
  ///   time goes on to the holder then. Nothing, if it is not given.
  @inlinable
  @inline(__always)
  public func lock(pause: () -> Void = {}) {
    while isHeld.exchange(true, ordering: .acquiring) {
      repeat { pause() } while isHeld.load(ordering: .relaxed)
    }
  }

  /// Takes the lock if no CPU holds it.
  ///
  /// - Returns: Whether the caller holds it now.
  @inlinable
  public func tryLock() -> Bool {
    !isHeld.exchange(true, ordering: .acquiring)
  }

  /// Gives the lock back.
  ///
  /// - Precondition: The caller holds it.
  @inlinable
  public func unlock() {
    isHeld.store(false, ordering: .releasing)
  }
}
