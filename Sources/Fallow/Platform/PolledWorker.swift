// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// A worker that the kernel's idle loop runs.
///
/// **What it promises.** A request is never lost: what was written before it is
/// visible to the run that ``takeWorkerRequest()`` announces. Delays are not
/// kept: a request is due at once.
///
/// ```swift
/// while true {
///   if kernel.takeWorkerRequest() { reclaimer.reclaim() }
///   waitForInterrupt()
/// }
/// ```
public protocol PolledWorker: ManagedMemory, Scheduling {}

extension PolledWorker {
  /// Makes the next ``takeWorkerRequest()`` true.
  @inlinable
  public func scheduleWorker(after delay: UInt64) {
    unsafe memory.state.pointee.isWorkerDue.store(
      true, ordering: .sequentiallyConsistent)
  }

  /// Whether the worker is to run: call ``ReclamationScheme/reclaim()`` then.
  ///
  /// The request is taken: the next call is false until a new one came.
  @inlinable
  public func takeWorkerRequest() -> Bool {
    unsafe memory.state.pointee.isWorkerDue.exchange(
      false, ordering: .sequentiallyConsistent)
  }
}
