// SPDX-License-Identifier: Apache-2.0

/// The short paths: a run of leaves in one table that is linked. Everything else
/// is left to the general paths, which start over from the root.
extension AddressSpace {
  /// Whether there are short paths.
  ///
  /// Not under the trait `Small`, for kernels that would rather be small than
  /// fast: the general paths do all that they do.
  @inlinable
  @inline(__always)
  static var hasShortPaths: Bool {
    #if Small
      false
    #else
      true
    #endif
  }

  /// Maps a page or a leaf of level 2 in a linked table, unless that cannot be
  /// done: then nothing has changed, and the general path finds out why.
  ///
  /// One condition has every check of what the caller hands in, so that what is
  /// valid takes no branch of its own.
  ///
  /// - Parameters:
  ///   - range: The pages.
  ///   - address: The physical address of the first.
  ///   - attributes: What the leaf allows.
  ///   - maxLeafLevel: The highest level of leaves.
  ///   - top: The highest level that is tried here, a constant.
  ///   - asksIfFull: Whether to read the table's count afterwards.
  @inlinable
  @inline(__always)
  func mapLeafInPlace(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int, upTo top: Int = 2,
    asksIfFull: Bool = false
  ) throws(P.Interruption) -> RunOutcome {
    guard supports(attributes) else { return .notMapped }
    return try mapSupportedLeafInPlace(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      upTo: top, asksIfFull: asksIfFull)
  }

  /// The same, for attributes that a leaf here can have.
  @inlinable
  @inline(__always)
  func mapSupportedLeafInPlace(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int, upTo top: Int,
    asksIfFull: Bool
  ) throws(P.Interruption) -> RunOutcome {
    guard Self.hasShortPaths, Self.addresses.contains(range.start),
      maxLeafLevel <= Self.maxLeafLevel
    else { return .notMapped }
    for level in 1...top where range.size == Format.span(of: level) {
      guard level <= maxLeafLevel, level <= highestLeafLevel,
        range.start.rawValue & (Format.span(of: level) &- 1)
          | address.rawValue & physicalBits(refusedAt: level) == 0
      else { return .notMapped }
      return try mapInPlace(
        LeafRun(
          start: range.start, level: level, count: 1,
          firstEntry: Format.leafEntry(
            mapping: address, level: level,
            attributes: completed(attributes)),
          step: 0), asksIfFull: asksIfFull)
    }
    return .notMapped
  }

  /// Maps a page in a linked table; false if that cannot be done, or `bits` are
  /// not plain attributes: then nothing has changed.
  ///
  /// The shortest path, for callers whose attributes are not constants.
  @inlinable
  @inline(__always)
  package func mapPageInPlace(
    _ range: VirtualRange, to address: PhysicalAddress, bits: UInt32
  ) throws(P.Interruption) -> Bool {
    guard Self.isPlain(bits) else { return false }
    // The mask says to the compiler what there is not to be encoded.
    let attributes =
      LeafAttributes(rawValue: UInt16(truncatingIfNeeded: bits)) & Self.plain
    return try mapSupportedLeafInPlace(
      range, to: address, attributes: attributes,
      maxLeafLevel: Self.maxLeafLevel, upTo: 1, asksIfFull: false)
      != .notMapped
  }

  /// The entry of a page of the physical address 0 with `attributes`, or 0 if
  /// they or the level are invalid.
  ///
  /// Inlined where the caller's attributes are mostly constants.
  @inlinable
  @inline(__always)
  func pageEntry(
    attributes: LeafAttributes, maxLeafLevel: Int
  ) -> UInt64 {
    guard supports(attributes),
      maxLeafLevel >= 1 && maxLeafLevel <= Self.maxLeafLevel
    else { return 0 }
    return Format.leafEntry(
      mapping: PhysicalAddress(0), level: 1, attributes: completed(attributes))
  }

  /// The leaves that map a range, if all that the caller hands in is valid, it
  /// is a run of pages in one table, and no larger leaf fits.
  ///
  /// - Parameter entry: What ``pageEntry(attributes:maxLeafLevel:)`` returns, if
  ///   it is no 0. It is not looked at here: the compiler would make one
  ///   condition of that and of the last, which takes three instructions more.
  @inlinable
  @inline(__always)
  func pageRun(
    _ range: VirtualRange, to address: PhysicalAddress, entry: UInt64
  ) -> LeafRun? {
    // The range is small: no sum wraps where the first address is valid.
    let last = address + (range.size &- 1)
    guard let count = Self.pageCount(inOneTable: range),
      address.rawValue & physicalBits(refusedAt: 1)
        | last.rawValue & unreachableBits == 0
    else { return nil }
    let step = Format.leafStep(of: 1)
    return LeafRun(
      start: range.start, level: 1, count: count,
      firstEntry: entry &+ address.rawValue &>> FrameNumber.shift &* step,
      step: step)
  }

  /// Writes one leaf into a linked table, unless the table is missing or has
  /// ended, or the entry is in use: then nothing has changed.
  ///
  /// The entry is read before it is counted. It cannot come into use in between,
  /// since the caller has its addresses to itself.
  ///
  /// - Parameters:
  ///   - leaf: The leaf: a run of one.
  ///   - asksIfFull: Whether to read the table's count afterwards.
  @inlinable
  @inline(__always)
  func mapInPlace(
    _ leaf: LeafRun, asksIfFull: Bool = false
  ) throws(P.Interruption) -> RunOutcome {
    // Guard: map-in-a-read-section
    try platform.enterReadSection()
    var outcome = RunOutcome.notMapped
    let place = try descend(to: leaf.start, level: leaf.level)
    // Guard: count-before-writing
    if place.level == leaf.level, place.entry == 0,
      try incrementEntryCount(by: 1, of: place.table)
    {
      try platform.store(leaf.firstEntry, to: place.slot)
      outcome = .mapped
      if asksIfFull,
        Self.mayBeFull(
          atCount: try platform.load(.entryCount, of: place.table))
      {
        outcome = .tableIsFull
      }
    }
    try platform.leaveReadSection()
    if outcome != .notMapped {
      // Guard: map-publishes
      try platform.publish(leaf.range(of: Format.self), of: ownRoot)
    }
    return outcome
  }

  /// Writes a run of leaves into the linked table of `place`, where the first
  /// of them belongs, and leaves the read section; nil if the table has ended
  /// or that entry is in use: then nothing has changed.
  ///
  /// An entry further on that is in use ends the run before it. That entry is
  /// counted, so the table does not become empty by what is taken back.
  @inlinable
  @inline(__always)
  func write<Leaves: LeafSequence>(
    _ run: Leaves, at place: Place
  ) throws(P.Interruption) -> MapStop? {
    guard place.entry == 0,
      try incrementEntryCount(by: run.count, of: place.table)
    else {
      try platform.leaveReadSection()
      return nil
    }
    try platform.store(run.entry(0), to: place.slot)
    let last = run.count &- 1
    var written = 1
    // Two at a time: the compiler does not unroll a loop that has two ends.
    while written < last {
      let slot = place.slot.advanced(byEntries: written)
      let next = slot.advanced(byEntries: 1)
      if try platform.load(slot) | platform.load(next) != 0 { break }
      try platform.store(run.entry(written), to: slot)
      try platform.store(run.entry(written &+ 1), to: next)
      written &+= 2
    }
    // One is left, or one of the next two entries is in use.
    if written < run.count {
      let slot = place.slot.advanced(byEntries: written)
      if try platform.load(slot) == 0 {
        try platform.store(run.entry(written), to: slot)
        written &+= 1
      }
    }
    if written < run.count {
      _ = try platform.add(
        Int64(written &- run.count), to: .entryCount, of: place.table)
    }
    try platform.leaveReadSection()
    // Guard: map-publishes
    try platform.publish(run.range(of: Format.self), of: ownRoot)
    return written == run.count
      ? .mapped
      : .occupied(
        run.start + Format.size(of: written, level: run.level),
        level: run.level)
  }
}

extension AddressSpace where Half == KernelHalf {
  /// Clears `count` entries of one table of pages; false if no such table is
  /// linked: then nothing has changed.
  ///
  /// Nobody asks what the leaves were, so stores are enough: a walker that
  /// records an access in a leaf does so atomically, or finds it cleared. The
  /// count that follows is the full fence.
  @inlinable
  @inline(__always)
  func unmapInPlace(
    _ range: VirtualRange, count: Int
  ) throws(P.Interruption) -> Bool {
    guard Self.hasShortPaths else { return false }
    // Guard: unmap-in-a-read-section
    try platform.enterReadSection()
    let place = try descend(to: range.start, level: 1)
    if place.level > 1 {
      try platform.leaveReadSection()
      return false
    }
    var cleared: Int64 = 0
    if place.entry != 0 {
      // Guard: clear-before-uncounting
      try platform.store(0, to: place.slot)
      cleared = 1
    }
    // Two at a time: the compiler's own unrolling takes more.
    let last = count &- 1
    var index = 1
    while index < last {
      let slot = place.slot.advanced(byEntries: index)
      try clear(slot, counting: &cleared)
      try clear(slot.advanced(byEntries: 1), counting: &cleared)
      index &+= 2
    }
    if index == last {
      try clear(place.slot.advanced(byEntries: index), counting: &cleared)
    }
    if cleared == 0 {
      try platform.leaveReadSection()
      return true
    }
    // Guard: clear-before-uncounting.uncount
    if try platform.add(0 &- cleared, to: .entryCount, of: place.table) == 0 {
      try retireIfEmpty(place, at: range)
      return true
    }
    try platform.leaveReadSection()
    try platform.flush(range, of: ownRoot, .leaves)
    return true
  }

  /// Clears the entry at `slot`, and counts it if it was in use.
  @inlinable
  @inline(__always)
  func clear(
    _ slot: PhysicalAddress, counting cleared: inout Int64
  ) throws(P.Interruption) {
    if try platform.load(slot) != 0 {
      try platform.store(0, to: slot)
      cleared &+= 1
    }
  }
}
