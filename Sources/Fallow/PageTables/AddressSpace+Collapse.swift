// SPDX-License-Identifier: Apache-2.0

/// Replacing a full table by one leaf that says the same: a *live collapse*.
extension AddressSpace {
  /// Replaces a full table of leaves that lie side by side in memory by one
  /// leaf.
  ///
  /// The leaf is stored over the table's entry, so there is no moment at which
  /// the addresses lead nowhere, unless it `breaks`: then the entry is cleared
  /// and the CPUs flush before the leaf is written. The CPUs have flushed the
  /// stretch when it returns, unless ``ReclamationScheme/flushesLate`` says
  /// that they will before the table is released: until then they may translate
  /// through it, since it says the same.
  ///
  /// The leaf is accessed, and dirty if it is writable: what walkers recorded
  /// in the table is not read after the leaf is stored.
  ///
  /// Unless it `breaks`, others may map in the stretch at the same time, and
  /// collapse it too; nobody may unmap, protect or split there.
  ///
  /// - Returns: Why it is refused, or nil; then nothing has changed:
  ///   `notCollapsible` if one leaf cannot say what the table says,
  ///   `requiresBreakBeforeMake` if the architecture forbids a live collapse,
  ///   `bound` if it does and a device is bound, or an address or level at
  ///   which there is no leaf.
  /// - Complexity: O(entries of the table) if it is full, else O(levels)
  @inlinable
  package func collapse(
    at address: VirtualAddress, level: Int, breaks: Bool = false,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: address, level: level, upTo: highestLeafLevel) {
      return error
    }
    let stretch = stretch(at: address, level: level)
    if mustBreak && !breaks {
      return MapError(
        .requiresBreakBeforeMake, at: stretch.start, level: level)
    }
    if mustBreak, try !beginBreak() {
      return MapError(.bound, at: stretch.start, level: level)
    }
    // Guard: collapse-in-a-read-section
    try platform.enterReadSection()
    let table = try replaceFullTable(of: stretch, level: level, breaks: breaks)
    try platform.leaveReadSection()
    if mustBreak { try endBreak() }
    guard let table else {
      return MapError(.notCollapsible, at: stretch.start, level: level)
    }
    if Half.isKernel && scheme.flushesLate {
      _ = try platform.exchange(1, at: .flushOwed)
    } else {
      // Guard: flush-after-a-collapse
      try platform.flush(stretch, of: ownRoot, .tables)
    }
    if breaks { try platform.publish(stretch, of: ownRoot) }
    try unlinked.append(table, of: root)
    return nil
  }

  /// Collapses what a mapping of `range` has completed, where it can: the table
  /// of the first leaf and that of the last, and so on upwards.
  ///
  /// The tables between them hold nothing but the range, and where one leaf of
  /// `maxLeafLevel` can say what they say, the mapping wrote that leaf.
  ///
  /// A table that one leaf cannot replace stays, and so does every table where
  /// the format forbids a live collapse
  /// (``PageTableFormat/requiresBreakBeforeMake``). A table that is not full
  /// costs a look at its count. For the rules of
  /// concurrency see ``collapse(at:level:breaks:into:)``.
  ///
  /// - Returns: `invalidAddress` or `invalidLevel` if the range or the level is
  ///   none of this half's, else nil.
  /// - Complexity: O(entries of the tables that are full + levels)
  @inlinable
  package func collapse(
    around range: VirtualRange, maxLeafLevel: Int = Self.maxLeafLevel,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range)
      ?? refusal(of: maxLeafLevel, in: 1...Self.maxLeafLevel, at: range.start)
    {
      return error
    }
    try collapse(endsOf: range, upTo: maxLeafLevel, into: &unlinked)
    return nil
  }

  /// Collapses what the ends of a valid range have completed.
  @inlinable
  func collapse(
    endsOf range: VirtualRange, upTo maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    if mustBreak || range.isEmpty { return }
    try collapse(upwardsFrom: range.start, to: maxLeafLevel, into: &unlinked)
    let last = range.last.alignedDown(to: Format.span(of: 2))
    if last > range.start {
      try collapse(upwardsFrom: last, to: maxLeafLevel, into: &unlinked)
    }
  }

  /// Collapses the table that has the leaf at `address`, then the one that has
  /// the new leaf, and so on.
  @inlinable
  func collapse(
    upwardsFrom address: VirtualAddress, to maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    while let level = try levelOfFullTable(at: address), level < maxLeafLevel,
      try collapse(at: address, level: level &+ 1, into: &unlinked) == nil
    {}
  }

  /// The level of the table that has the leaf at `address`, if it may be full.
  @inlinable
  func levelOfFullTable(
    at address: VirtualAddress
  ) throws(P.Interruption) -> Int? {
    // Guard: count-in-a-read-section
    try platform.enterReadSection()
    let place = try find(address, level: 1)
    let used = try platform.load(.entryCount, of: place.table)
    try platform.leaveReadSection()
    return Self.mayBeFull(atCount: used) ? place.level : nil
  }

  /// Stores a leaf over the entry of a full table and ends the table; nil if
  /// one leaf cannot say what it says.
  ///
  /// The caller is in a read section: another CPU that completed the table may
  /// have retired it.
  @inlinable
  func replaceFullTable(
    of stretch: VirtualRange, level: Int, breaks: Bool
  ) throws(P.Interruption) -> FrameNumber? {
    guard let (slot, _, entry) = try locate(at: stretch.start, level: level),
      Format.isPresent(entry), !Format.isLeaf(entry, level: level)
    else { return nil }
    let table = Format.table(in: entry, level: level)
    guard
      Self.mayBeFull(atCount: try platform.load(.entryCount, of: table)),
      let leaf = try leaf(instead: table, level: level)
    else { return nil }
    if breaks {
      _ = try platform.exchange(0, at: slot)
      // The flush waits for CPUs, which may wait for a reader. The stretch is
      // the caller's alone, and its entry is still counted.
      try platform.leaveReadSection()
      try platform.flush(stretch, of: ownRoot(for: stretch.start), .tables)
      try platform.enterReadSection()
    }
    let old = breaks ? 0 : entry
    // Guard: collapse-looks-again
    guard
      try platform.compareExchange(slot, expected: old, desired: leaf) == old
    else { return nil }
    // It is full: no other CPU finds it empty.
    _ = try end(table)
    return table
  }

  /// The leaf that says what a full table says, or nil if none can.
  @inlinable
  func leaf(
    instead table: FrameNumber, level: Int
  ) throws(P.Interruption) -> UInt64? {
    let below = level &- 1
    let walkerWritten = LeafAttributes.accessed | .dirty
    let step = Format.leafStep(of: below)
    var expected: UInt64 = 0
    var start = PhysicalAddress(0)
    var attributes = LeafAttributes.none
    var unnamed: UInt64 = 0
    for index in 0..<Format.entriesPerTable {
      let entry = try platform.load(
        table.address.advanced(byEntries: index))
      // Mostly, the leaf before it one step on.
      let isOneStepOn = index > 0 && entry == expected
      expected = entry &+ step
      if isOneStepOn { continue }
      // Guard: collapse-what-is-full
      guard Format.isPresent(entry), Format.isLeaf(entry, level: below)
      else { return nil }
      let address = Format.address(in: entry, level: below)
      let found = Format.attributes(of: entry, level: below)
        .subtracting(walkerWritten)
      if index == 0 {
        start = address
        attributes = found
        unnamed = Format.unnamedBits(in: entry, level: below)
      }
      // Guard: collapse-what-is-full.addresses
      guard found == attributes,
        Format.unnamedBits(in: entry, level: below) == unnamed,
        address == start + Format.size(of: index, level: below)
      else { return nil }
    }
    guard start.rawValue & (Format.span(of: level) &- 1) == 0 else {
      return nil
    }
    attributes.insert(.accessed)
    if attributes.contains(.writable) { attributes.insert(.dirty) }
    return Format.leafEntry(
      mapping: start, level: level, attributes: attributes) | unnamed
  }
}

extension AddressSpace where Half == KernelHalf {
  /// Maps `range` like ``map(_:to:attributes:maxLeafLevel:)``, and if all of it
  /// is mapped collapses what that completes.
  ///
  /// Pages that are mapped one by one so become the leaf that they would have
  /// been as a range. A part of it is no leaf of its own then: a call that
  /// unmaps or protects it splits the leaf first. So a stretch of the largest
  /// leaf is to have one owner, whose calls to unmap and protect there are kept
  /// apart from this one; see ``collapse(around:maxLeafLevel:into:)``.
  ///
  /// - Complexity: O(pages), each table visited once, and those that are full
  ///   a second time.
  @inlinable
  package func mapCollapsing(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapError? {
    let outcome = try mapLeafInPlace(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      asksIfFull: true)
    switch outcome {
    case .mapped: return nil
    case .tableIsFull: break
    case .notMapped:
      if let error = try mapRange(
        range, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel)
      {
        return error
      }
    }
    try scheme.retiring { (unlinked) throws(P.Interruption) in
      try collapse(endsOf: range, upTo: maxLeafLevel, into: &unlinked)
    }
    return nil
  }
}
