// SPDX-License-Identifier: Apache-2.0

/// What a wait in a queue is waited for with: the commands of its batch, from
/// the one after the last wait up to its own.
///
/// Both ends are the lower 32 bits of a count of commands. They are compared
/// with counts that are less than 2^31 away.
@frozen
@usableFromInline
struct QueueTicket: BitwiseCopyable, Sendable {
  /// `since` above, `reached` below.
  @usableFromInline let rawValue: UInt64

  @inlinable
  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The ticket of the commands after the first `since`, up to `reached`.
  @inlinable
  init(since: UInt64, reached: UInt64) {
    rawValue = since &<< 32 | reached & 0xffff_ffff
  }

  /// Whether `count` includes the wait.
  @inlinable
  func isReached(at count: UInt64) -> Bool {
    IOMMUCondition.hasReached(count, rawValue)
  }

  /// Whether a command of the batch is among the first `failed`, all of which
  /// are void.
  @inlinable
  func isVoid(if failed: UInt64) -> Bool {
    !IOMMUCondition.hasReached(rawValue &>> 32, failed)
  }
}
