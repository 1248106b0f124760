// SPDX-License-Identifier: Apache-2.0

/// Locks of a program that are nothing but locks.
///
/// That a lock is taken is all that others notice of it only where each of them
/// takes it by waiting for it. One that tries, or looks whether it is taken,
/// notices when. So a search looks for accesses to the bytes of locks by others
/// than their holders, as ``GuardedWords`` looks for locks, and moves only what
/// is done with a lock that has none.
extension Core {
  /// The size of a lock, and of what it is aligned to.
  private static let bytesPerLock = 4

  /// Takes notice of an access to bytes of memory that is not the taking or the
  /// release of a lock.
  @inline(__always)
  mutating func noteLooked(at place: MemoryPlace, _ part: WordPart, cell: Int) {
    guard let guards, !runsThrough else { return }
    let first = part.first / Self.bytesPerLock
    let last = (part.first + part.count - 1) / Self.bytesPerLock
    for half in first...max(first, last) {
      let bytes = WordPart(
        first: half * Self.bytesPerLock, count: Self.bytesPerLock)
      // If it is a lock, the actor holds it.
      if bytes.value(in: cells[cell]) == UInt64(actor + 1) { continue }
      observedGuards.clearBits(1 << UInt64(half), at: guards.locks(in: place))
    }
  }

  /// Whether others notice of a lock only that they cannot take it.
  @inline(__always)
  func isPlainLock(_ place: MemoryPlace, _ part: WordPart) -> Bool {
    guard let guards else { return false }
    return guards.assumed(guards.locks(in: place))
      >> UInt64(part.first / Self.bytesPerLock) & 1 != 0
  }
}
