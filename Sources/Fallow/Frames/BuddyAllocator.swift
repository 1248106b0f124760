// SPDX-License-Identifier: Apache-2.0

/// Hands out blocks of 2^order frames, and merges them when they come back.
///
/// **Guarantee.** A free block is naturally aligned; two free blocks of one
/// allocator that are buddies are one free block; a frame is in at most one
/// block. What is given back is checked against its descriptor, and refused
/// with nothing changed if it is not a block that this allocator handed out: if
/// it is free already, in a larger block or a cache too; of another order;
/// inside of a block; a table in use; never added; or another allocator's.
/// Lists run through descriptors: the contents of a free frame are never read
/// or written.
///
/// Memory may have holes: frames that were never added are not merged with
/// their neighbours. Several allocators may work over one table of descriptors,
/// each with a ``FrameZone`` of its own.
///
/// The caller excludes others: one call at a time.
@frozen
public struct BuddyAllocator: ~Copyable {
  /// The order of the largest block: 4 MiB.
  @inlinable
  public static var maxOrder: Int { 10 }

  /// How many frames are free.
  public internal(set) var freeFrames: Int

  /// The zone of its frames.
  public var zone: FrameZone { FrameZone(checked: taken.zone) }

  /// The type word of a frame that it handed out alone.
  @usableFromInline let taken: TypeWord
  @usableFromInline let descriptors: DescriptorTable
  @usableFromInline var heads: InlineArray<11, FrameNumber>

  /// An allocator over `descriptors` that owns nothing yet; ``add(_:count:)``
  /// gives it frames.
  ///
  /// - Parameters:
  ///   - descriptors: The descriptors of the frames.
  ///   - zone: The allocator's own: no other over `descriptors` has it.
  public init(over descriptors: DescriptorTable, zone: FrameZone) {
    self.descriptors = descriptors
    taken = .block(.other, in: zone)
    heads = .init(repeating: .none)
    freeFrames = 0
  }

  /// Takes a block of 2^`order` frames, or returns `FrameNumber.none` if there
  /// is none: there never is one of an order below 0 or above ``maxOrder``.
  ///
  /// - Parameter order: The binary logarithm of the number of frames.
  /// - Returns: The first frame of the block, or `FrameNumber.none`.
  /// - Complexity: O(`maxOrder`)
  public mutating func allocate(order: Int) -> FrameNumber {
    take(order: order).block
  }

  /// Takes a block as ``allocate(order:)`` does, and says whether all of it is
  /// zero.
  @inline(__always)
  mutating func take(order: Int) -> (block: FrameNumber, isZero: Bool) {
    if order < 0 { return (.none, false) }
    var found = order
    while true {
      if found > Self.maxOrder { return (.none, false) }
      if heads[found] != .none { break }
      found &+= 1
    }
    let block = heads[found]
    remove(block, order: found)
    let isZero = descriptors.typeWord(of: block)[.zero]
    while found > order {
      found &-= 1
      insert(
        FrameNumber(block.rawValue &+ 1 &<< UInt64(found)), order: found,
        as: taken.asFree(isZero: isZero).ofOrder(found))
    }
    descriptors.setTypeWord(taken.ofOrder(order), of: block)
    freeFrames &-= 1 &<< order
    return (block, isZero)
  }

  /// Takes a block back and merges it with its buddies.
  ///
  /// - Parameters:
  ///   - block: The first frame of the block.
  ///   - order: The binary logarithm of the number of frames.
  /// - Throws: A ``FrameError`` if this allocator did not hand out the block
  ///   with this order, or it was given back since, or is a table in use.
  /// - Complexity: O(`maxOrder`)
  public mutating func free(
    _ block: FrameNumber, order: Int
  ) throws(FrameError) {
    guard order >= 0 && order <= Self.maxOrder, descriptors.contains(block),
      descriptors.typeWord(of: block).isTaken(as: taken.ofOrder(order))
    else { throw descriptors.refusal(of: block, in: zone) }
    merge(block, order: order)
  }

  /// Makes a block of this allocator free; `isZero` if all of it is zero, and
  /// what it is merged with decides whether the larger block is.
  @inline(__always)
  mutating func merge(
    _ block: FrameNumber, order: Int, isZero: Bool = false
  ) {
    freeFrames &+= 1 &<< order
    var isZero = isZero
    var block = block
    var order = order
    var size = (1 as UInt64) &<< UInt64(truncatingIfNeeded: order)
    var free = taken.asFree(isZero: false).ofOrder(order)
    while order < Self.maxOrder {
      let buddy = FrameNumber(block.rawValue ^ size)
      guard descriptors.contains(buddy) else { break }
      let word = descriptors.typeWord(of: buddy)
      guard word.without(.zero) == free else { break }
      isZero = isZero && word[.zero]
      remove(buddy, order: order)
      descriptors.setTypeWord(
        TypeWord(.inside), of: FrameNumber(block.rawValue | size))
      block = FrameNumber(block.rawValue & ~size)
      order &+= 1
      size &<<= 1
      free = free.ofNextOrder
    }
    free[.zero] = isZero
    insert(block, order: order, as: free)
  }

  /// Puts a block at the head of its list.
  ///
  /// Its type word, which makes it takeable, is written last.
  @inline(__always)
  mutating func insert(_ block: FrameNumber, order: Int, as word: TypeWord) {
    let next = heads[order]
    descriptors.store(FrameNumber.none.rawValue, to: .entryCount, of: block)
    descriptors.store(next.rawValue, to: .link, of: block)
    if next != .none {
      descriptors.store(block.rawValue, to: .entryCount, of: next)
    }
    heads[order] = block
    descriptors.setTypeWord(word, of: block)
  }

  /// Takes a block off its list; the caller writes its type word.
  @inline(__always)
  mutating func remove(_ block: FrameNumber, order: Int) {
    let next = FrameNumber(descriptors.load(.link, of: block))
    let previous = FrameNumber(descriptors.load(.entryCount, of: block))
    if next != .none {
      descriptors.store(previous.rawValue, to: .entryCount, of: next)
    }
    if previous == .none {
      heads[order] = next
    } else {
      descriptors.store(next.rawValue, to: .link, of: previous)
    }
  }
}
