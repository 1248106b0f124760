// SPDX-License-Identifier: Apache-2.0

/// How an IOMMU counts the commands of its queue in its head and tail
/// registers.
///
/// The library counts commands from the first one on and never back; a
/// register holds that count modulo ``period``, shifted left by ``scale``.
@frozen
@usableFromInline
package struct QueuePositions: BitwiseCopyable, Sendable {
  /// How many commands the queue has room for: a power of two.
  @usableFromInline package let capacity: UInt64

  /// After how many commands the registers begin again: ``capacity``, or twice
  /// as many where a bit above the index says which turn it is.
  @usableFromInline package let period: UInt64

  /// The binary logarithm of what the registers advance by for one command.
  @usableFromInline package let scale: UInt64

  /// The positions of a queue of one frame.
  ///
  /// - Parameters:
  ///   - commandSize: The size of a command in bytes, a power of two.
  ///   - scale: See ``scale``.
  ///   - hasWrapBit: Whether a bit above the index says which turn it is.
  @inlinable
  package init(commandSize: UInt64, scale: UInt64, hasWrapBit: Bool = false) {
    capacity = FrameNumber.size / commandSize
    period = hasWrapBit ? capacity &* 2 : capacity
    self.scale = scale
  }

  /// The bits of a register that hold a position.
  @inlinable
  package var mask: UInt64 { (period &- 1) &<< scale }

  /// What a register holds after `count` commands.
  @inlinable
  package func position(of count: UInt64) -> UInt64 {
    (count &<< scale) & mask
  }

  /// How many commands came before the place that `register` names: the
  /// highest such number that is not above `limit`.
  @inlinable
  package func count(at register: UInt64, upTo limit: UInt64) -> UInt64 {
    limit &- ((limit &- (register & mask) &>> scale) & (period &- 1))
  }

  /// The first count above `count` at which the registers hold zero.
  @inlinable
  package func nextTurn(after count: UInt64) -> UInt64 {
    (count | (period &- 1)) &+ 1
  }

  /// The index of the command that `count` others came before.
  @inlinable
  package func index(of count: UInt64) -> UInt64 { count & (capacity &- 1) }
}
