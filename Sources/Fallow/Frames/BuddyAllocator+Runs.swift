// SPDX-License-Identifier: Apache-2.0

/// Frames that lie side by side.
extension BuddyAllocator {
  /// Gives the allocator frames that nobody uses.
  ///
  /// - Parameters:
  ///   - first: The first frame.
  ///   - count: The number of frames.
  /// - Throws: A ``FrameError`` if the descriptors do not hold all of them, if
  ///   an allocator has one already, or if one is a table.
  /// - Complexity: O(`count`)
  public mutating func add(
    _ first: FrameNumber, count: Int
  ) throws(FrameError) {
    let end = try end(of: first, count)
    var frame = first
    while frame.rawValue < end {
      let word = descriptors.typeWord(of: frame)
      guard word == TypeWord(.other) else {
        throw FrameError(
          word.kind == .table ? .tableInUse : .managedTwice, at: frame)
      }
      frame = frame.next
    }
    mergeAll(from: first, to: end)
  }

  /// Takes frames back that lie side by side, as the largest blocks that they
  /// make up, whatever blocks they were allocated as.
  ///
  /// - Parameters:
  ///   - first: The first frame.
  ///   - count: The number of frames.
  /// - Throws: A ``FrameError`` if they are not all the frames of blocks that
  ///   this allocator handed out, one was given back since, or one is a table
  ///   in use.
  /// - Complexity: O(`count`)
  @inline(__always)
  public mutating func free(
    _ first: FrameNumber, count: Int
  ) throws(FrameError) {
    if count == 1 {
      try free(first, order: 0)
    } else {
      try freeAll(first, count)
    }
  }

  @inline(never)
  mutating func freeAll(
    _ first: FrameNumber, _ count: Int
  ) throws(FrameError) {
    let end = try end(of: first, count)
    // Tables of one frame are the rule.
    var frame = descriptors.firstFrame(
      from: first, to: end, unlike: .releasedTable(in: zone))
    while frame.rawValue < end {
      let word = descriptors.typeWord(of: frame)
      let order = word.order
      let next = frame.rawValue &+ 1 &<< UInt64(truncatingIfNeeded: order)
      guard next <= end, word.isTaken(as: taken.ofOrder(order)) else {
        throw descriptors.refusal(of: frame, in: zone)
      }
      frame = FrameNumber(next)
    }
    mergeAll(from: first, to: end)
  }

  /// The number of the frame after the last, where the descriptors hold all.
  private func end(
    of first: FrameNumber, _ count: Int
  ) throws(FrameError) -> UInt64 {
    let place = first.rawValue &- descriptors.firstFrame.rawValue
    let frames = UInt64(truncatingIfNeeded: descriptors.frameCount)
    guard count >= 0, place <= frames,
      UInt64(truncatingIfNeeded: count) <= frames &- place
    else { throw FrameError(.outOfRange, at: first) }
    return first.rawValue &+ UInt64(truncatingIfNeeded: count)
  }

  /// Makes frames free that lie side by side.
  private mutating func mergeAll(from first: FrameNumber, to end: UInt64) {
    descriptors.setTypeWords(TypeWord(.inside), from: first, to: end)
    var block = first
    while block.rawValue < end {
      let left = end &- block.rawValue
      let order = min(
        min(block.rawValue.trailingZeroBitCount, Self.maxOrder),
        UInt64.bitWidth &- 1 &- left.leadingZeroBitCount)
      merge(block, order: order)
      block = FrameNumber(
        block.rawValue &+ 1 &<< UInt64(truncatingIfNeeded: order))
    }
  }
}

extension FrameNumber {
  /// The frame after this one.
  @inlinable
  var next: Self { Self(rawValue &+ 1) }
}
