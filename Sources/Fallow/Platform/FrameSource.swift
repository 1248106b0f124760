/// The allocator that tables come from.
public protocol FrameSource: Interruptible {
  /// Takes a block of `2^order` frames, or returns `FrameNumber.none`. Shared;
  /// never sleeps.
  func allocate(order: Int) throws(Interruption) -> FrameNumber

  /// Gives a block back; anyone may own it from here on, and sees what was
  /// written before. Shared; never sleeps.
  func free(_ block: FrameNumber, order: Int) throws(Interruption)

  /// Gives back frames that lie side by side, each a block of order 0.
  /// Shared; never sleeps.
  func free(_ first: FrameNumber, count: Int) throws(Interruption)
}

extension FrameSource {
  /// Gives them back one by one; an allocator that merges may do better.
  @inlinable
  public func free(
    _ first: FrameNumber, count: Int
  ) throws(Interruption) {
    for offset in 0..<UInt64(count) {
      try free(FrameNumber(first.rawValue &+ offset), order: 0)
    }
  }
}
