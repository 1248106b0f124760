// SPDX-License-Identifier: Apache-2.0

/// Locks and the worker.
public protocol Scheduling: Interruptible {
  /// Takes a lock, waiting for it. Shared.
  ///
  /// - Parameter lock: The lock, which the caller does not hold.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func lock(_ lock: KernelLock) throws(Interruption)

  /// Gives a lock back. Shared.
  ///
  /// - Parameter lock: The lock, which the caller holds.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func unlock(_ lock: KernelLock) throws(Interruption)

  /// Makes the worker run in `delay` nanoseconds, once more if it is running;
  /// a call never puts off a run that is due earlier. Shared; never sleeps,
  /// legal with interrupts off. Whatever the caller wrote before it is visible
  /// to that run.
  ///
  /// The library relies on the run alone: a platform without a timer may start
  /// it at once, and spends more runs on tables that wait for an answer.
  ///
  /// - Parameter delay: The delay in nanoseconds; 0 for as soon as possible.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func scheduleWorker(after delay: UInt64) throws(Interruption)

  /// Makes the worker run again for tables that a walker did not answer for.
  ///
  /// As ``scheduleWorker(after:)``, which the default calls.
  ///
  /// - Parameter delay: The delay in nanoseconds.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func scheduleRetry(after delay: UInt64) throws(Interruption)

  /// The head of a loop that tries again: nothing is carried from one turn to
  /// the next.
  ///
  /// - Throws: `Interruption`, where the platform gives up a loop that made no
  ///   progress.
  func attempt() throws(Interruption)
}

extension Scheduling {
  /// An ordinary run of the worker.
  ///
  /// - Parameter delay: The delay in nanoseconds.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func scheduleRetry(after delay: UInt64) throws(Interruption) {
    try scheduleWorker(after: delay)
  }
}

extension Scheduling where Interruption == Never {
  /// Nothing: a kernel runs an operation through, and may try as often as it
  /// takes.
  @inlinable
  public func attempt() {}
}
