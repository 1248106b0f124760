// SPDX-License-Identifier: Apache-2.0

/// The fast paths: a run of leaves in one table that is linked. Everything else
/// is left to the general paths, which start over from the root.
extension AddressSpace {
  /// Maps a page or a leaf of level 2 in a linked table, unless that cannot be
  /// done: then nothing has changed, and the general path finds out why.
  ///
  /// One condition has every check of what the caller hands in, so that what is
  /// valid takes no branch of its own.
  @inlinable
  @inline(__always)
  func mapLeafInPlace(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int, asksIfFull: Bool = false
  ) throws(P.Interruption) -> RunOutcome {
    guard Self.addresses.contains(range.start),
      unsupported(attributes) == .none, maxLeafLevel <= Self.maxLeafLevel
    else { return .notMapped }
    for level in 1...2 where range.size == Format.span(of: level) {
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

  /// The leaves that map a range, if all that the caller hands in is valid, it
  /// is a run of pages in one table, and no larger leaf fits.
  @inlinable
  @inline(__always)
  func pageRun(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) -> LeafRun? {
    // The range is small: no sum wraps where the first address is valid.
    let last = address + (range.size &- 1)
    guard let count = Self.pageCount(inOneTable: range),
      address.rawValue & physicalBits(refusedAt: 1)
        | last.rawValue & ~(physicalLimit &- 1) == 0,
      unsupported(attributes) == .none,
      maxLeafLevel >= 1 && maxLeafLevel <= Self.maxLeafLevel
    else { return nil }
    return LeafRun(
      start: range.start, level: 1, count: count,
      firstEntry: Format.leafEntry(
        mapping: address, level: 1, attributes: completed(attributes)),
      step: Format.leafStep(of: 1))
  }

  /// Writes a run of leaves into a linked table, unless the table is missing or
  /// has ended, or an entry is in use: then nothing has changed.
  ///
  /// The entries are read before they are counted. None of them can come into
  /// use in between, since the caller has its addresses to itself.
  ///
  /// - Parameters:
  ///   - run: The leaves.
  ///   - asksIfFull: Whether to read the table's count afterwards.
  @inlinable
  @inline(__always)
  func mapInPlace<Leaves: LeafSequence>(
    _ run: Leaves, asksIfFull: Bool = false
  ) throws(P.Interruption) -> RunOutcome {
    try platform.enterReadSection()
    var outcome = RunOutcome.notMapped
    let place = try descend(to: run.start, level: run.level)
    if place.level == run.level,
      try isUnused(from: place, count: run.count),
      try incrementEntryCount(by: run.count, of: place.table)
    {
      for index in 0..<run.count {
        try platform.store(
          run.entry(index), to: place.slot.advanced(byEntries: index))
      }
      outcome = .mapped
      if asksIfFull,
        try platform.load(.live, of: place.table)
          == UInt64(Format.entriesPerTable)
      {
        outcome = .tableIsFull
      }
    }
    try platform.leaveReadSection()
    if outcome != .notMapped {
      try platform.publish(run.range(of: Format.self), of: ownRoot)
    }
    return outcome
  }

  /// Whether `count` entries from `place` on are zero.
  @inlinable
  @inline(__always)
  func isUnused(
    from place: Place, count: Int
  ) throws(P.Interruption) -> Bool {
    var all = place.entry
    var index = 1
    while index < count {
      all |= try platform.load(place.slot.advanced(byEntries: index))
      index &+= 1
    }
    return all == 0
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
    try platform.enterReadSection()
    let place = try descend(to: range.start, level: 1)
    if place.level > 1 {
      try platform.leaveReadSection()
      return false
    }
    var cleared: Int64 = 0
    if place.entry != 0 {
      try platform.store(0, to: place.slot)
      cleared = 1
    }
    var index = 1
    while index < count {
      let slot = place.slot.advanced(byEntries: index)
      if try platform.load(slot) != 0 {
        try platform.store(0, to: slot)
        cleared &+= 1
      }
      index &+= 1
    }
    if cleared == 0 {
      try platform.leaveReadSection()
      return true
    }
    let table = place.table
    if try platform.add(0 &- cleared, to: .live, of: table) == 0 {
      try retireIfEmpty(table, at: range)
      return true
    }
    try platform.leaveReadSection()
    try platform.flush(range, of: ownRoot, .leaves)
    return true
  }

  /// Unlinks the table whose last page was cleared if empty tables are freed,
  /// leaves the read section, flushes the CPUs, and retires what was unlinked.
  @inlinable
  @inline(never)
  func retireIfEmpty(
    _ table: FrameNumber, at range: VirtualRange
  ) throws(P.Interruption) {
    try scheme.retiring { (unlinked) throws(P.Interruption) in
      if emptyTables == .free {
        try unlinkIfEmpty(table, level: 1, at: range.start, into: &unlinked)
      }
      try platform.leaveReadSection()
      try platform.flush(range, of: ownRoot, .tables)
    }
  }
}
