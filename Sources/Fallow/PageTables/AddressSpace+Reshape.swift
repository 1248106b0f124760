// SPDX-License-Identifier: Apache-2.0

/// What stands in an entry.
@frozen
public enum EntryKind: UInt8, BitwiseCopyable, Sendable {
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
  /// What stands in the entry of a table of `level` at `address`: nothing, where
  /// this half has no such level or address.
  ///
  /// - Complexity: O(levels)
  @inlinable
  package func entryKind(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> EntryKind {
    guard refusal(of: address, level: level, upTo: Self.topLevel) == nil,
      let (_, _, entry) = try find(at: address, level: level),
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
  /// - Returns: Why it is refused, or nil; then nothing has changed: `notMapped`
  ///   if there is no table, `occupied` if something is mapped by it, or an
  ///   address or level that this half does not have.
  /// - Complexity: O(entries of the table and of the tables below it)
  @inlinable
  package func detach(
    at address: VirtualAddress, level: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: address, level: level, upTo: Self.topLevel) {
      return error
    }
    let stretch = stretch(at: address, level: level)
    // Guard: detach-in-a-read-section
    try platform.enterReadSection()
    let refusal = try unlinkEmpty(of: stretch, level: level, into: &unlinked)
    try platform.leaveReadSection()
    if let refusal {
      return MapError(refusal, at: stretch.start, level: level)
    }
    // Guard: flush-after-a-promotion
    try platform.flush(stretch, of: ownRoot(for: stretch.start), .tables)
    return nil
  }

  /// Unlinks the empty table that covers `stretch`, and those below it; or says
  /// why not.
  ///
  /// The caller is in a read section: a cursor's CPU may find the table empty
  /// too, when it hands back what the cursor had reserved there, and retire it.
  @inlinable
  func unlinkEmpty(
    of stretch: VirtualRange, level: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError.Kind? {
    guard
      let (slot, holder, entry) = try locate(at: stretch.start, level: level),
      Format.isTable(entry, level: level)
    else { return .notMapped }
    let table = Format.table(in: entry, level: level)
    guard let isOwn = try endEmpty(table, level: level &- 1) else {
      return .occupied
    }
    _ = try platform.exchange(0, at: slot)
    guard isOwn else { return nil }
    var visitor = NoVisitor()
    try appendSubtree(
      table, level: level &- 1, at: stretch.start, into: &unlinked,
      visiting: &visitor)
    try decrementEntryCount(
      by: 1, of: holder, level: level, at: stretch.start, into: &unlinked)
    return nil
  }

  /// Replaces a large leaf by a table of leaves that say the same.
  ///
  /// It sleeps if the scheme's limit is reached.
  ///
  /// `breaks` says whether the addresses may lead nowhere for a moment: the leaf
  /// is cleared and the CPUs flush before the table is linked.
  ///
  /// - Returns: Why it is refused, or nil; then nothing has changed: `notMapped`
  ///   if there is no leaf of `level`, `requiresBreakBeforeMake` if the
  ///   architecture forbids a live split, `bound` if it does and a device is
  ///   bound, `outOfFrames` if there is no frame for the table, or an address or
  ///   level that this half does not have.
  /// - Complexity: O(entries of the table)
  @inlinable
  package func split(
    at address: VirtualAddress, level: Int, breaks: Bool = false
  ) throws(P.Interruption) -> MapError? {
    try scheme.makeRoom()
    return try ReservedFrames.none(on: platform) {
      (none) throws(P.Interruption) in
      try split(at: address, level: level, breaks: breaks, from: &none)
    }
  }

  /// Splits a large leaf like ``split(at:level:breaks:)``, with a frame of
  /// `reserved` for the table.
  ///
  /// Sleeps only where the architecture forbids a live split.
  ///
  /// - Complexity: O(entries of the table)
  @inlinable
  package func split(
    at address: VirtualAddress, level: Int, breaks: Bool = false,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: address, level: level, upTo: Self.maxLeafLevel) {
      return error
    }
    let stretch = stretch(at: address, level: level)
    if mustBreak && !breaks {
      return MapError(
        .requiresBreakBeforeMake, at: stretch.start, level: level)
    }
    if !mustBreak {
      return try replaceLeaf(
        of: stretch, level: level, breaks: breaks, from: &reserved)
    }
    guard try beginBreak() else {
      return MapError(.bound, at: stretch.start, level: level)
    }
    let error = try replaceLeaf(
      of: stretch, level: level, breaks: true, from: &reserved)
    try endBreak()
    return error
  }

  /// Links a table in the place of a leaf.
  @inlinable
  @inline(never)
  func replaceLeaf(
    of stretch: VirtualRange, level: Int, breaks: Bool,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    guard let (slot, _, _) = try find(at: stretch.start, level: level)
    else { return MapError(.notMapped, at: stretch.start, level: level) }
    let root = ownRoot(for: stretch.start)
    while true {
      if !reserved.isReservation { try platform.attempt() }
      let entry = try platform.load(slot)
      guard Format.isPresent(entry), Format.isLeaf(entry, level: level)
      else { return MapError(.notMapped, at: stretch.start, level: level) }
      let frame = try reserved.next()
      if frame == .none {
        return MapError(.outOfFrames, at: stretch.start, level: level)
      }
      let table = try ConstructedTable<P, Half>.make(
        of: frame, on: platform, level: level &- 1,
        entries: Format.entriesPerTable)
      let leaf =
        breaks ? try breakLeaf(at: slot, covering: stretch) : entry
      // Guard: filled-before-a-split
      try platform.fill(
        table.frame.address, count: Format.entriesPerTable,
        first: Format.leafEntry(
          mapping: Format.address(in: leaf, level: level),
          level: level &- 1,
          attributes: Format.attributes(of: leaf, level: level))
          | Format.unnamedBits(in: leaf, level: level),
        step: Format.leafStep(of: level &- 1))
      try platform.store(
        UInt64(Format.entriesPerTable), to: .entryCount, of: table.frame)
      let link = Format.tableEntry(
        pointingTo: table.frame.address,
        isKernel: Self.isKernel(stretch.start))
      var found: UInt64 = 0
      guard
        let lost = try table.link(
          at: slot, entry: link, replacing: breaks ? 0 : entry, found: &found)
      else {
        try platform.flush(stretch, of: root, .tables)
        if breaks { try platform.publish(stretch, of: root) }
        return nil
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
    try platform.flush(
      stretch, of: ownRoot(for: stretch.start), .tables)
    return leaf
  }

  /// What the entry of a table of `level` at `address` covers.
  @inlinable
  func stretch(at address: VirtualAddress, level: Int) -> VirtualRange {
    let span = Format.span(of: level)
    return VirtualRange(start: address.alignedDown(to: span), size: span)
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
    let place = try find(address, level: level)
    return place.level == level
      ? (place.slot, place.table, place.entry) : nil
  }

  /// Whether a leaf may not replace a table, or a table a leaf, while the entry
  /// is present.
  @inlinable
  var mustBreak: Bool {
    Format.requiresBreakBeforeMake && !platform.paging.replacesLiveEntries
  }

  /// Ends a table if nothing is mapped by it; nil if something is, and false if
  /// another CPU has ended it.
  ///
  /// The tables below it are empty then too. It is ended at the count that it had
  /// before that was looked at: meanwhile nobody has mapped there.
  @inlinable
  func endEmpty(
    _ table: FrameNumber, level: Int
  ) throws(P.Interruption) -> Bool? {
    while true {
      let count = try platform.load(.entryCount, of: table)
      if count & Self.ended != 0 { return false }
      guard try isEmpty(table, level: level) else { return nil }
      if try end(table, atCount: count) { return true }
    }
  }

  /// Whether nothing is mapped by a table, whose whole stretch is the caller's.
  ///
  /// What a table of pages counts beyond its entries, a cursor has reserved: so
  /// its entries are looked at, unless it counts none.
  @inlinable
  func isEmpty(
    _ table: FrameNumber, level: Int
  ) throws(P.Interruption) -> Bool {
    if level == 1, try platform.load(.entryCount, of: table) == 0 {
      return true
    }
    for index in 0..<Format.entriesPerTable {
      let entry = try platform.load(table.address.advanced(byEntries: index))
      if entry == 0 { continue }
      guard level > 1, Format.isTable(entry, level: level),
        try isEmpty(Format.table(in: entry, level: level), level: level &- 1)
      else { return false }
    }
    return true
  }
}
