// SPDX-License-Identifier: Apache-2.0

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
  /// A token that held the frame was dropped; in builds that find that when
  /// they run, see ``DropsFailToLink``.
  case droppedToken
}

extension LifecycleFault {
  /// What is wrong, in words for a kernel to print.
  public var text: StaticString {
    switch self {
    case .wrongMark: "the table is marked as of the other half"
    case .wrongState: "the table is not in the state that its token says"
    case .wrongSpace: "the table was unlinked in another address space"
    case .outOfRange: "no descriptor holds the frame"
    case .notManaged: "no allocator has the frame"
    case .managedTwice: "an allocator has the frame already"
    case .wrongZone: "the frame belongs to another allocator"
    case .alreadyFree: "the frame is free already"
    case .insideBlock: "the frame is not the first of its block"
    case .wrongOrder: "the block is of another order"
    case .tableInUse: "the frame is a table in use"
    case .droppedToken: "a token was dropped"
    }
  }
}
