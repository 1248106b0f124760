/// What stands in an entry.
@frozen
public enum EntryShape: UInt8, BitwiseCopyable, Sendable {
  /// Nothing, or there is no table that has the entry.
  case empty
  /// A leaf.
  case leaf
  /// A pointer to a table.
  case table
}

/// Changes of one entry between a leaf and a table. The caller has the whole
/// stretch that the entry covers to itself; readers and walkers may be there.
extension AddressSpace {
  /// What stands in the entry of a table of `level` at `address`.
  ///
  /// - Precondition: `1 < level && level <= topLevel`; the address lies in this
  ///   half.
  /// - Complexity: O(levels)
  @inlinable
  public func shape(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> EntryShape {
    guard
      let (_, _, entry) = try find(
        at: stretch(at: address, level: level).start, level: level),
      Format.isPresent(entry)
    else { return .empty }
    return Format.isLeaf(entry, level: level) ? .leaf : .table
  }

  /// Unlinks the empty table behind the entry of a table of `level` at
  /// `address`, and the empty tables below it, each before the one it hung
  /// from.
  ///
  /// The CPUs have flushed the stretch when it returns.
  ///
  /// It is the first half of a promotion; the second is to map the leaf.
  ///
  /// - Returns: ``ReshapeOutcome/notApplicable`` if there is no table or
  ///   something is mapped by it; then nothing has changed.
  /// - Precondition: `1 < level && level <= topLevel`; the address lies in this
  ///   half.
  /// - Complexity: O(entries of the table)
  @inlinable
  public func detach(
    at address: VirtualAddress, level: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> ReshapeOutcome {
    let stretch = stretch(at: address, level: level)
    guard let (slot, holder, entry) = try find(at: stretch.start, level: level),
      Format.isPresent(entry), !Format.isLeaf(entry, level: level)
    else { return .notApplicable }
    let table = Format.table(in: entry, level: level)
    guard try endEmpty(table, level: level &- 1) else { return .notApplicable }
    _ = try platform.exchange(0, at: slot)
    var visitor = NoVisitor()
    try appendSubtree(
      table, level: level &- 1, at: stretch.start, into: &unlinked,
      visiting: &visitor)
    try release(1, in: holder, level: level, at: address, into: &unlinked)
    try platform.flush(stretch, of: ownRoot, .tables)
    return .done
  }

  /// Replaces a large leaf by a table of leaves that say the same.
  ///
  /// It sleeps if the scheme's limit is reached.
  ///
  /// `breaks` says whether the addresses may lead nowhere for a moment: the leaf
  /// is cleared and the CPUs flush before the table is linked.
  ///
  /// - Returns: ``ReshapeOutcome/notApplicable`` if there is no leaf of
  ///   `level`, ``ReshapeOutcome/demandsBreak`` if the format forbids a live
  ///   split, ``ReshapeOutcome/outOfFrames`` if there is no frame for the
  ///   table; then nothing has changed.
  /// - Precondition: `1 < level && level <= maxLeafLevel`; the address lies in
  ///   this half.
  /// - Complexity: O(entries of the table)
  @inlinable
  public func split(
    at address: VirtualAddress, level: Int, breaks: Bool = false
  ) throws(P.Interruption) -> ReshapeOutcome {
    try scheme.makeRoom()
    return try ReservedFrames.none(on: platform) {
      (none) throws(P.Interruption) in
      try split(at: address, level: level, breaks: breaks, from: &none)
    }
  }

  /// Splits a large leaf like ``split(at:level:breaks:)``, with a frame of
  /// `reserved` for the table.
  ///
  /// Does not sleep.
  ///
  /// - Precondition: `1 < level && level <= maxLeafLevel`; the address lies in
  ///   this half.
  /// - Complexity: O(entries of the table)
  @inlinable
  public func split(
    at address: VirtualAddress, level: Int, breaks: Bool = false,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> ReshapeOutcome {
    let stretch = stretch(at: address, level: level)
    if Format.demandsBreakBeforeMake && !breaks { return .demandsBreak }
    guard let (slot, _, _) = try find(at: stretch.start, level: level)
    else { return .notApplicable }
    while true {
      if !reserved.isReservation { try platform.attempt() }
      let entry = try platform.load(slot)
      guard Format.isPresent(entry), Format.isLeaf(entry, level: level)
      else { return .notApplicable }
      let frame = try reserved.next()
      if frame == .none { return .outOfFrames }
      let table = try ConstructedTable<P, Half>.make(
        of: frame, on: platform, level: level &- 1,
        entries: Format.entriesPerTable)
      let leaf =
        breaks ? try breakLeaf(at: slot, covering: stretch) : entry
      try platform.fill(
        table.frame.address, count: Format.entriesPerTable,
        first: Format.leafEntry(
          mapping: Format.address(in: leaf, level: level),
          level: level &- 1,
          attributes: Format.attributes(of: leaf, level: level)),
        step: Format.leafStep(of: level &- 1))
      try platform.store(
        UInt64(Format.entriesPerTable), to: .live, of: table.frame)
      let link = Format.tableEntry(
        pointingTo: table.frame.address, isKernel: Half.isKernel)
      var found: UInt64 = 0
      guard
        let lost = try table.link(
          at: slot, entry: link, replacing: breaks ? 0 : entry, found: &found)
      else {
        try platform.flush(stretch, of: ownRoot, .tables)
        if breaks { try platform.publish(stretch, of: ownRoot) }
        return .done
      }
      // A walker wrote an accessed or dirty bit into the leaf: read it again.
      try scheme.abandon(lost)
    }
  }

  /// Clears a leaf and returns it with what walkers wrote until the CPUs had
  /// flushed it.
  ///
  /// Inlined always: its caller holds a token, which the way out of a call that
  /// is not inlined would drop.
  @inlinable
  @inline(__always)
  func breakLeaf(
    at slot: PhysicalAddress, covering stretch: VirtualRange
  ) throws(P.Interruption) -> UInt64 {
    let leaf = try platform.exchange(0, at: slot)
    try platform.flush(stretch, of: ownRoot, .tables)
    return leaf
  }

  /// What the entry of a table of `level` at `address` covers.
  @inlinable
  func stretch(at address: VirtualAddress, level: Int) -> VirtualRange {
    precondition(level > 1 && level <= Self.topLevel, "no such level")
    let span = Format.span(of: level)
    let stretch = VirtualRange(
      start: address.alignedDown(to: span), size: span)
    checkHalf(stretch)
    return stretch
  }

  /// The entry of a table of `level` at `address`, where it is and in which
  /// table; nil if no such table is linked.
  @inlinable
  func find(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> (
    slot: PhysicalAddress, table: FrameNumber, entry: UInt64
  )? {
    try platform.enterReadSection()
    let found = try locate(at: address, level: level)
    try platform.leaveReadSection()
    return found
  }

  /// Finds the same; the caller is in a read section.
  @inlinable
  func locate(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> (
    slot: PhysicalAddress, table: FrameNumber, entry: UInt64
  )? {
    let place = try descend(to: address, level: level)
    return place.level == level
      ? (place.slot, place.table, place.entry) : nil
  }

  /// Ends a table if nothing is mapped by it; its empty tables have ended then
  /// too.
  @inlinable
  func endEmpty(
    _ table: FrameNumber, level: Int
  ) throws(P.Interruption) -> Bool {
    var children = 0
    if level > 1 {
      for index in 0..<Format.entriesPerTable {
        let entry = try platform.load(
          table.address.advanced(byEntries: index))
        if entry == 0 { continue }
        guard !Format.isLeaf(entry, level: level),
          try platform.load(
            .live, of: Format.table(in: entry, level: level)) == 0
        else { return false }
        children &+= 1
      }
    }
    return try end(table, atCount: UInt64(children))
  }
}
