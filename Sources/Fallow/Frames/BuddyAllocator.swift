/// Hands out blocks of 2^order frames, and merges them when they come back.
///
/// **Guarantee.** A free block is naturally aligned within the table of
/// descriptors; two free blocks that are buddies are one free block; a frame
/// is in at most one block. Lists run through descriptors: the contents of a
/// free frame are never read or written.
///
/// The caller excludes others: one call at a time.
@frozen
public struct BuddyAllocator: ~Copyable {
  /// The order of the largest block: 4 MiB.
  @inlinable
  public static var maxOrder: Int { 10 }

  /// How many frames are free.
  public private(set) var freeFrames: Int

  @usableFromInline let descriptors: DescriptorTable
  @usableFromInline var heads: InlineArray<11, FrameNumber>

  /// An allocator over `descriptors` that owns nothing yet; ``add(_:count:)``
  /// gives it frames.
  public init(over descriptors: DescriptorTable) {
    self.descriptors = descriptors
    heads = .init(repeating: .none)
    freeFrames = 0
  }

  /// Gives the allocator frames that nobody uses.
  ///
  /// - Precondition: `descriptors` holds them, and they were not given before.
  /// - Complexity: O(`count` / 2^`maxOrder`)
  public mutating func add(_ first: FrameNumber, count: Int) {
    free(first, count: count)
  }

  /// Takes a block of 2^`order` frames, or returns `FrameNumber.none` if there
  /// is none.
  ///
  /// - Precondition: `0 <= order && order <= maxOrder`
  /// - Complexity: O(`maxOrder`)
  public mutating func allocate(order: Int) -> FrameNumber {
    precondition(order >= 0 && order <= Self.maxOrder, "no such order")
    var found = order
    while heads[found] == .none {
      found &+= 1
      if found > Self.maxOrder { return .none }
    }
    let block = heads[found]
    remove(block, order: found)
    while found > order {
      found &-= 1
      insert(FrameNumber(block.rawValue &+ 1 &<< UInt64(found)), order: found)
    }
    freeFrames &-= 1 &<< order
    return block
  }

  /// Takes a block back and merges it with its buddies.
  ///
  /// - Precondition: The block was allocated with this order, or is being
  ///   added.
  /// - Complexity: O(`maxOrder`)
  public mutating func free(_ block: FrameNumber, order: Int) {
    precondition(
      TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: descriptors.load(.typeWord, of: block))
      ).kind != .free, "the block is free already")
    freeFrames &+= 1 &<< order
    var block = block
    var order = order
    var size = (1 as UInt64) &<< UInt64(truncatingIfNeeded: order)
    while order < Self.maxOrder {
      let buddy = FrameNumber(block.rawValue ^ size)
      guard descriptors.contains(buddy),
        descriptors.load(.typeWord, of: buddy) == Self.freeWord(order)
      else { break }
      remove(buddy, order: order)
      block = FrameNumber(block.rawValue & ~size)
      order &+= 1
      size &<<= 1
    }
    insert(block, order: order)
  }

  /// Takes frames back that lie side by side, as the largest blocks that they
  /// make up, whatever blocks they were allocated as.
  ///
  /// - Precondition: They were allocated, or are being added.
  /// - Complexity: O(`count` / 2^`maxOrder` + `maxOrder`^2)
  public mutating func free(_ first: FrameNumber, count: Int) {
    if count == 1 { return free(first, order: 0) }
    var next = first
    var left = count
    while left > 0 {
      let order = min(
        min(next.rawValue.trailingZeroBitCount, Self.maxOrder),
        Int.bitWidth &- 1 &- left.leadingZeroBitCount)
      free(next, order: order)
      next = FrameNumber(
        next.rawValue &+ 1 &<< UInt64(truncatingIfNeeded: order))
      left &-= 1 &<< order
    }
  }

  static func freeWord(_ order: Int) -> UInt64 {
    var word = TypeWord(.free)
    word.order = order
    return UInt64(word.rawValue)
  }

  /// Puts a block at the head of its list.
  ///
  /// Its type word, which makes it takeable, is written last.
  @inline(__always)
  mutating func insert(_ block: FrameNumber, order: Int) {
    let next = heads[order]
    descriptors.store(FrameNumber.none.rawValue, to: .live, of: block)
    descriptors.store(next.rawValue, to: .link, of: block)
    if next != .none {
      descriptors.store(block.rawValue, to: .live, of: next)
    }
    heads[order] = block
    descriptors.store(Self.freeWord(order), to: .typeWord, of: block)
  }

  @inline(__always)
  mutating func remove(_ block: FrameNumber, order: Int) {
    let next = FrameNumber(descriptors.load(.link, of: block))
    let previous = FrameNumber(descriptors.load(.live, of: block))
    if next != .none {
      descriptors.store(previous.rawValue, to: .live, of: next)
    }
    if previous == .none {
      heads[order] = next
    } else {
      descriptors.store(next.rawValue, to: .link, of: previous)
    }
    descriptors.store(
      UInt64(TypeWord(.other).rawValue), to: .typeWord, of: block)
  }
}
