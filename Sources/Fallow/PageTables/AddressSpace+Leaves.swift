// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Shows every leaf that maps a part of `range` to `visitor`.
  ///
  /// Runs beside changes: a leaf that is written or cleared meanwhile may be
  /// shown or not.
  ///
  /// - Returns: `invalidAddress` if the range is not made of whole pages of this
  ///   half, else nil.
  /// - Complexity: O(pages), each table visited once; stretches without a table
  ///   cost nothing for their pages.
  @inlinable
  package func walk<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range) { return error }
    try walkValid(range, visiting: &visitor)
    return nil
  }

  /// Shows every leaf that maps a part of `range`, which is made of whole pages
  /// of this half.
  @inlinable
  func walkValid<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) throws(P.Interruption) {
    var done: UInt64 = 0
    while done < range.size {
      try platform.enterReadSection()
      let run = try entries(
        at: range.start + done, left: range.size &- done)
      for index in 0..<run.count {
        let entry = try platform.load(run.slot(index))
        if Format.isPresent(entry) {
          visitor.visit(entry, level: run.level, at: run.address(index))
        }
      }
      try platform.leaveReadSection()
      done &+= run.size
    }
  }

  /// The first leaf that maps a part of `range`, or nil.
  ///
  /// In a range that is not made of whole pages of this half, nothing is mapped.
  ///
  /// - Complexity: O(pages before it)
  @inlinable
  @inline(never)
  package func firstLeaf(
    in range: VirtualRange
  ) throws(P.Interruption) -> MappedLeaf? {
    guard refusal(of: range) == nil, let found = try firstEntry(in: range)
    else { return nil }
    return MappedLeaf(
      range: VirtualRange(
        start: found.start, size: Format.span(of: found.level)),
      address: Format.leafAddress(in: found.entry, level: found.level),
      attributes: Format.attributes(of: found.entry, level: found.level))
  }

  /// The first leaf that maps a part of `range`, which is made of whole pages of
  /// this half: its entry, the level, and the first address that it maps.
  ///
  /// - Complexity: O(pages before it)
  @inlinable
  @inline(never)
  func firstEntry(
    in range: VirtualRange
  ) throws(P.Interruption) -> (
    entry: UInt64, level: Int, start: VirtualAddress
  )? {
    var done: UInt64 = 0
    while done < range.size {
      try platform.enterReadSection()
      let run = try entries(
        at: range.start + done, left: range.size &- done)
      var index = 0
      var entry: UInt64 = 0
      while index < run.count {
        entry = try platform.load(run.slot(index))
        if Format.isPresent(entry) { break }
        index &+= 1
      }
      try platform.leaveReadSection()
      if index < run.count { return (entry, run.level, run.address(index)) }
      done &+= run.size
    }
    return nil
  }

  /// The first stretch of `range` in which nothing is mapped, up to the next
  /// leaf or the end of `range`; empty if all of it is mapped.
  ///
  /// - Complexity: O(pages up to the end of the hole)
  @inlinable
  package func firstHole(
    in range: VirtualRange
  ) throws(P.Interruption) -> VirtualRange {
    var done: UInt64 = 0
    while done < range.size {
      let rest = VirtualRange(
        start: range.start + done, size: range.size &- done)
      guard let leaf = try firstLeaf(in: rest) else { return rest }
      if !leaf.range.contains(rest.start) {
        return VirtualRange(
          start: rest.start,
          size: leaf.range.start.rawValue &- rest.start.rawValue)
      }
      done = leaf.range.last.rawValue &- range.start.rawValue &+ 1
    }
    return VirtualRange(start: range.start + range.size, size: 0)
  }

  /// The leaves that map a part of `range`, one after the other.
  @inlinable
  package func leaves(in range: VirtualRange) -> MappedLeaves<Kind, Scheme> {
    MappedLeaves(of: self, in: range)
  }
}
