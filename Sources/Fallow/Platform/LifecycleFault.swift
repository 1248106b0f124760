/// What is wrong with a frame that was handed to the library.
@frozen
public enum LifecycleFault: UInt8, BitwiseCopyable, Sendable {
  /// The table's mark does not say the half that its token says.
  case wrongMark
  /// The table is not in the state that its token says.
  case wrongState
  /// The table was unlinked in another address space than those beside it.
  case wrongSpace
  /// The descriptors do not hold the frame.
  case outOfRange
  /// No allocator has the frame: it is reserved, or lies in a hole.
  case notManaged
  /// An allocator has the frame already.
  case managedTwice
  /// The frame belongs to another allocator, or the cache to another one.
  case wrongZone
  /// The frame is free: a block, a part of a larger one, or in a cache.
  case alreadyFree
  /// The frame is not the first of its block.
  case insideBlock
  /// The block is of another order, or reaches out of the range.
  case wrongOrder
  /// The frame is a table that has not come to its end.
  case tableInUse
}
