// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// What becomes of frames that were given back.
extension Machine {
  /// Hands out `frames` leaf frames and returns the first: aligned to their
  /// size, up to 1 GiB.
  ///
  /// - Parameter frames: The number of frames.
  /// - Returns: The first frame, or `FrameNumber.none`.
  /// - Complexity: O(1), amortised.
  public func allocateData(frames: Int) -> FrameNumber {
    data.allocate(frames, at: moment)
  }

  /// Gives leaf frames back.
  ///
  /// They have a new owner at once, and an actor that still reaches them
  /// commits a stale access.
  ///
  /// - Parameter first: The first frame.
  /// - Precondition: ``allocateData(frames:)`` returned `first`, and it was not
  ///   freed.
  public func freeData(_ first: FrameNumber) {
    data.free(first, to: nextOwner(), at: moment)
  }

  /// Gives a released block to its next owner, which writes to it at once and
  /// later gives it back to the allocator.
  func handOn(_ block: FrameNumber, order: Int) {
    for offset in 0..<UInt64(1) << UInt64(order) {
      let frame = FrameNumber(block.rawValue + offset)
      let owner = nextOwner()
      ledger.reuse(frame, by: owner)
      fill(frame, with: owner.fill)
      record(.reused(frame))
    }
    schedule(at: now + configuration.ownerKeeps) { [unowned self] in
      for offset in 0..<UInt64(1) << UInt64(order) {
        ledger.takeBack(FrameNumber(block.rawValue + offset))
      }
      takeBack(block, order: order)
    }
  }

  /// Takes a block back from its next owner.
  ///
  /// The owner that freed it before may have left it as a table in use.
  private func takeBack(_ block: FrameNumber, order: Int) {
    var word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: descriptors.load(.typeWord, of: block)))
    if word.kind == .table {
      word.state = .released
      descriptors.store(UInt64(word.rawValue), to: .typeWord, of: block)
    }
    do {
      try allocator.free(block, order: order)
    } catch {
      fatalError("\(error.fault) of \(describe(error.frame))")
    }
  }

  private func nextOwner() -> NextOwner {
    owners += 1
    let fills = NextOwner.Fill.allCases
    let fill = fills[Int(fillNumbers.next(below: UInt64(fills.count)))]
    return NextOwner(number: owners, fill: fill, since: now)
  }

  private func fill(_ frame: FrameNumber, with fill: NextOwner.Fill) {
    for word in 0..<PhysicalMemory.wordsPerFrame {
      let value: UInt64 =
        switch fill {
        case .zeros: 0
        case .random: fillNumbers.next()
        case .forged: forgedEntry()
        }
      memory.store(value, to: word, of: frame)
    }
  }

  /// A present entry that leads to a frame which exists, as an attacker that
  /// knows the layout would write it: what else it says is random.
  private func forgedEntry() -> UInt64 {
    let frame = fillNumbers.next(below: UInt64(configuration.frames))
    return FrameNumber(frame).address.rawValue | fillNumbers.next() & 0xfff | 1
  }
}
