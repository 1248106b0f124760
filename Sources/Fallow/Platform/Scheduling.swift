/// Locks and the worker.
public protocol Scheduling: Interruptible {
  /// Takes a lock, waiting for it. Shared.
  func lock(_ lock: KernelLock) throws(Interruption)

  /// Gives a lock back. Shared.
  func unlock(_ lock: KernelLock) throws(Interruption)

  /// Makes the worker run in `delay` nanoseconds, once more if it is running;
  /// a call never puts off a run that is due earlier. Shared; never sleeps,
  /// legal with interrupts off. Whatever the caller wrote before it is visible
  /// to that run.
  func scheduleWorker(after delay: UInt64) throws(Interruption)

  /// The head of a loop that tries again: nothing is carried from one turn to
  /// the next.
  func attempt() throws(Interruption)
}

extension Scheduling where Interruption == Never {
  /// Nothing: a kernel runs an operation through, and may try as often as it
  /// takes.
  @inlinable
  public func attempt() {}
}
