// SPDX-License-Identifier: Apache-2.0

/// The type words of frames, for allocators.
extension DescriptorTable {
  /// What the frame is; the caller owns it, or its neighbour.
  @inline(__always)
  func typeWord(of frame: FrameNumber) -> TypeWord {
    TypeWord(rawValue: UInt32(truncatingIfNeeded: load(.typeWord, of: frame)))
  }

  /// Says what the frame is; the caller owns it.
  @inline(__always)
  func setTypeWord(_ word: TypeWord, of frame: FrameNumber) {
    store(UInt64(word.rawValue), to: .typeWord, of: frame)
  }

  /// The first of the frames before `end`, from `first` on, whose word differs
  /// from `word` in more than its ``TypeWord/usageMask``; or, of four frames in
  /// which there is one, the first.
  ///
  /// - Complexity: O(frames): 4 or 5 instructions for each.
  func firstFrame(
    from first: FrameNumber, to end: UInt64, unlike word: TypeWord
  ) -> FrameNumber {
    var frame = first.rawValue
    while end &- frame >= 4 {
      var difference: UInt32 = 0
      for offset in 0..<4 as Range<UInt64> {
        difference |=
          typeWord(of: FrameNumber(frame &+ offset)).rawValue ^ word.rawValue
      }
      if difference & ~TypeWord.usageMask != 0 { break }
      frame &+= 4
    }
    return FrameNumber(frame)
  }

  /// Says what the frames before `end`, from `first` on, are.
  ///
  /// - Complexity: O(frames)
  func setTypeWords(
    _ word: TypeWord, from first: FrameNumber, to end: UInt64
  ) {
    var frame = first.rawValue
    while frame < end {
      setTypeWord(word, of: FrameNumber(frame))
      frame &+= 1
    }
  }

  /// Names what is wrong with a block that is given back to `zone` and is not
  /// taken, or not as such.
  ///
  /// - Complexity: O(`BuddyAllocator.maxOrder`)
  @inline(never)
  func refusal(of block: FrameNumber, in zone: FrameZone) -> FrameError {
    FrameError(fault(of: block, in: zone), at: block)
  }

  private func fault(
    of block: FrameNumber, in zone: FrameZone
  ) -> LifecycleFault {
    guard contains(block) else { return .outOfRange }
    let word = typeWord(of: block)
    switch word.kind {
    case .inside: return isInFreeBlock(block) ? .alreadyFree : .insideBlock
    case .table where word.state == .retained: return .notManaged
    case .table where word.state != .released: return .tableInUse
    case .other, .free, .table, .cached: break
    }
    if word.zone == 0 { return .notManaged }
    if word.zone != zone.number { return .wrongZone }
    return word.kind == .free || word.kind == .cached
      ? .alreadyFree : .wrongOrder
  }

  /// Whether a frame before `frame` is the first of a free block that it is in.
  private func isInFreeBlock(_ frame: FrameNumber) -> Bool {
    for order in 1...BuddyAllocator.maxOrder {
      let first = FrameNumber(frame.rawValue & ~(1 &<< UInt64(order) &- 1))
      guard contains(first) else { return false }
      let word = typeWord(of: first)
      if word.kind == .free && word.order >= order { return true }
    }
    return false
  }
}
