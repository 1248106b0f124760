// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// A lock that many readers hold at once, or one writer.
///
/// It is a lock, which a writer holds and a reader takes to be counted, and a
/// word with the number of readers. Neither side is preferred: the first to
/// take the lock comes first.
public struct ReaderWriterLock: Sendable {
  /// What a writer holds: a spin lock, or one whose holder may sleep.
  public var lock: KernelLock
  /// How many readers there are.
  public var readers: KernelWord

  /// A lock over another, and a word that is 0 at first.
  ///
  /// - Parameters:
  ///   - lock: What a writer holds, and nothing else.
  ///   - readers: A word for the number of readers, and for nothing else.
  public init(lock: KernelLock, readers: KernelWord) {
    self.lock = lock
    self.readers = readers
  }
}

extension SteppingMachine {
  /// Waits until no writer holds the lock, and is counted as a reader.
  ///
  /// - Parameter lock: The lock.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func lockForReading(_ lock: ReaderWriterLock) throws(Stop) {
    try self.lock(lock.lock)
    _ = try add(1, to: lock.readers)
    try unlock(lock.lock)
  }

  /// Is a reader no more.
  ///
  /// - Parameter lock: The lock, which the actor holds for reading; else the
  ///   search ends with ``Oracle/lockDiscipline`` if nobody does.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func unlockForReading(_ lock: ReaderWriterLock) throws(Stop) {
    if try add(-1, to: lock.readers) == .max {
      throw core.fail(.lockDiscipline)
    }
  }

  /// Waits until neither a reader nor a writer holds the lock.
  ///
  /// - Parameter lock: The lock.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func lockForWriting(_ lock: ReaderWriterLock) throws(Stop) {
    try self.lock(lock.lock)
    while true {
      try attempt()
      if try compareExchange(lock.readers, expected: 0, desired: 0) == 0 {
        return
      }
    }
  }

  /// Gives the lock back.
  ///
  /// - Parameter lock: The lock, which the actor holds for writing.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func unlockForWriting(_ lock: ReaderWriterLock) throws(Stop) {
    try unlock(lock.lock)
  }
}
