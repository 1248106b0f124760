// SPDX-License-Identifier: Apache-2.0

/// The library's locks as spin locks, for several CPUs without a scheduler that
/// could make a waiter sleep.
///
/// **What it promises.** ``Scheduling/lock(_:)`` and ``Scheduling/unlock(_:)``.
/// The caller keeps its CPU while it holds one: a thread that waits for a lock
/// must not take the CPU of the thread that holds it. The holder of
/// ``KernelLock/reclamation`` waits for readers and IOMMUs, so interrupts stay
/// enabled, and no interrupt handler takes a lock of the library: it unmaps, and
/// leaves ``ReclamationScheme/reclaim()`` to the worker.
public protocol SpinningLocks: ManagedMemory, Scheduling {}

extension SpinningLocks {
  /// How many CPUs the memory was laid out for.
  @inlinable
  public var cpuCount: Int { memory.cpuCount }

  /// Takes the lock.
  @inlinable
  public func lock(_ lock: KernelLock) {
    unsafe memory.state.pointee.locks[Int(lock.rawValue)].lock {
      pause()
    }
  }

  /// Gives the lock back.
  @inlinable
  public func unlock(_ lock: KernelLock) {
    unsafe memory.state.pointee.locks[Int(lock.rawValue)].unlock()
  }
}
