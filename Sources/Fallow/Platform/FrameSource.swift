// SPDX-License-Identifier: Apache-2.0

/// The allocator that tables come from.
public protocol FrameSource: Interruptible {
  /// Takes a block of `2^order` frames, or returns `FrameNumber.none`. Shared;
  /// never sleeps.
  ///
  /// - Parameter order: The binary logarithm of the number of frames.
  /// - Returns: The first frame of the block, or `FrameNumber.none` if there is
  ///   none.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func allocate(order: Int) throws(Interruption) -> FrameNumber

  /// Gives a block back; anyone may own it from here on, and sees what was
  /// written before. Shared; never sleeps.
  ///
  /// - Parameters:
  ///   - block: The first frame of the block.
  ///   - order: The binary logarithm of the number of frames.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func free(_ block: FrameNumber, order: Int) throws(Interruption)

  /// Gives back frames that lie side by side, each a block of order 0.
  /// Shared; never sleeps.
  ///
  /// - Parameters:
  ///   - first: The first frame.
  ///   - count: The number of frames.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func free(_ first: FrameNumber, count: Int) throws(Interruption)
}

extension FrameSource {
  /// Gives them back one by one; an allocator that merges may do better.
  ///
  /// - Parameters:
  ///   - first: The first frame.
  ///   - count: The number of frames.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func free(
    _ first: FrameNumber, count: Int
  ) throws(Interruption) {
    for offset in 0..<UInt64(count) {
      try free(FrameNumber(first.rawValue &+ offset), order: 0)
    }
  }
}
