// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Takes accessed and dirty out of every leaf in `range`, and shows each leaf
  /// that had one of them to `visitor` as it was.
  ///
  /// A bit that a walker sets meanwhile is either taken or stays. The CPUs have
  /// flushed the range when it returns if one was taken, so what they access from
  /// then on is recorded again; a device that shares the space records again
  /// after an invalidation.
  ///
  /// - Parameters:
  ///   - range: Whole pages of this half.
  ///   - bits: What to take: ``LeafAttributes/accessed``,
  ///     ``LeafAttributes/dirty``, or both.
  ///   - visitor: Is shown each leaf, after its bits were taken.
  ///   - taken: Gains the bits that at least one leaf had: where it stays empty,
  ///     no invalidation is needed.
  /// - Returns: Why it is refused, or nil; then nothing has changed. A larger
  ///   leaf that reaches out of the range is refused: it was not used in the
  ///   range alone.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func harvest<Visitor: LeafVisitor>(
    _ range: VirtualRange, bits: LeafAttributes = .walkerWritten,
    visiting visitor: inout Visitor, taken: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range) { return error }
    let refused = bits.subtracting(.walkerWritten)
    guard refused == .none else {
      return MapError(
        .unsupportedAttributes, at: range.start, attributes: refused)
    }
    return try harvestValid(
      range, bits: bits, visiting: &visitor, taken: &taken)
  }

  /// Takes `bits` out of every leaf in a range of whole pages of this half.
  @inlinable
  @inline(never)
  func harvestValid<Visitor: LeafVisitor>(
    _ range: VirtualRange, bits: LeafAttributes,
    visiting visitor: inout Visitor, taken: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if let error = try partialLeaf(in: range) { return error }
    let change = LeafChange(setting: .none, clearing: bits)
    var found = LeafAttributes.none
    var done: UInt64 = 0
    while done < range.size {
      try platform.enterReadSection()
      let run = try entries(at: range.start + done, left: range.size &- done)
      for index in 0..<run.count {
        let leaf = try apply(change, to: run.slot(index), level: run.level)
        let had = Format.attributes(of: leaf, level: run.level) & bits
        guard Format.isPresent(leaf), had != .none else { continue }
        found.insert(had)
        visitor.visit(leaf, level: run.level, at: run.address(index))
      }
      try platform.leaveReadSection()
      done &+= run.size
    }
    taken.insert(found)
    if found != .none {
      try platform.flush(range, of: ownRoot(for: range.start), .leaves)
    }
    return nil
  }

  /// Changes the leaf in `slot`, if there is one, and returns what was there.
  @inlinable
  func apply(
    _ change: LeafChange, to slot: PhysicalAddress, level: Int
  ) throws(P.Interruption) -> UInt64 {
    while true {
      try platform.attempt()
      let leaf = try platform.load(slot)
      guard Format.isPresent(leaf) else { return leaf }
      let (flips, _) = change.flips(in: leaf, level: level, of: Format.self)
      if flips == 0 { return leaf }
      if try platform.compareExchange(
        slot, expected: leaf, desired: leaf ^ flips) == leaf
      {
        return leaf
      }
    }
  }
}
