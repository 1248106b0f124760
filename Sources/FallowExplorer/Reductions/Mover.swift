// SPDX-License-Identifier: Apache-2.0

/// Which way an access can be moved past what others do, so that it needs no
/// turn of its own.
///
/// Lipton's reduction: whatever an actor does in a turn is right movers, one
/// access that is none, left movers. Each order of single accesses then has one
/// of turns that shows the same. What it rests on is said at each access that
/// is a mover; what cannot be taken for granted is looked for, and a search
/// that comes upon it takes every step.
enum Mover {
  /// As good later: taking a lock, which keeps others out and does nothing
  /// else; being answered, which only lets go on.
  case right
  /// As good earlier: giving a lock back, invalidating.
  case left
  /// What nobody else can notice, or change.
  case both
}

extension Core {
  /// How an access can be moved that is only as good elsewhere, not the same.
  ///
  /// There it has others wait for less, and what never ends could end.
  func unlessEndings(_ mover: Mover) -> Mover? {
    looksForEndings ? nil : mover
  }
}

extension Access {
  /// Whether it can wait for others.
  ///
  /// A lock that is taken is not moved past it: two who take locks in different
  /// orders would never be seen to wait for each other.
  var blocks: Bool {
    switch self {
    case .lock, .wait, .awaitReaders, .await, .flushCPUs, .interruptCPUs,
      .lockMemory, .lockOwnField, .awaitMemory, .awaitOwnField, .flushCalls,
      .fence:
      true
    default: false
    }
  }

  /// Whether it takes a lock.
  var takesLock: Bool {
    switch self {
    case .lock, .lockMemory, .lockOwnField: true
    default: false
    }
  }
}
