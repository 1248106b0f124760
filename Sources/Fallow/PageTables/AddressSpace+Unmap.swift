// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == KernelHalf {
  /// Unmaps whatever is mapped in `range`, and retires the tables that this
  /// leaves empty.
  ///
  /// A table that the range covers is unlinked as it is: its leaves are not
  /// read. A caller that needs them calls ``unmap(_:into:visiting:)``.
  ///
  /// - Returns: Why it is refused, or nil; then nothing has changed. A range is
  ///   refused that is not made of whole pages of this half, or out of which a
  ///   larger leaf reaches: split that first.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  @inline(__always)
  package func unmap(
    _ range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    if range.size == FrameNumber.size, Self.addresses.contains(range.start),
      range.start.rawValue & (FrameNumber.size &- 1) == 0,
      try unmapInPlace(range, count: 1)
    {
      return nil
    }
    return try unmapRange(range)
  }

  /// Unmaps any range: at once if it is a run of pages in a linked table.
  @inlinable
  @inline(never)
  func unmapRange(
    _ range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    if let count = Self.pageCount(inOneTable: range),
      try unmapInPlace(range, count: count)
    {
      return nil
    }
    return try unmapGenerally(range)
  }

  /// Unmaps any range, a table at a time.
  @inlinable
  @inline(never)
  func unmapGenerally(
    _ range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    try scheme.retiring { (unlinked) throws(P.Interruption) in
      try unmap(range, into: &unlinked)
    }
  }
}

extension AddressSpace {
  /// Unmaps whatever is mapped in `range`, and adds the tables that this leaves
  /// empty to `unlinked`.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Returns: Why it is refused, or nil, as of ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func unmap(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    var visitor = NoVisitor()
    return try unmap(range, into: &unlinked, visiting: &visitor)
  }

  /// Unmaps whatever is mapped in `range`, shows each leaf that was there to
  /// `visitor`, and adds the tables that this leaves empty to `unlinked`.
  ///
  /// A leaf is shown after its entry was cleared, or the CPUs had flushed the
  /// table that held it: what CPUs recorded in it, accessed or dirty, is final.
  /// A device that shares the space may record more until the tables' own
  /// invalidation.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Returns: Why it is refused, or nil, as of ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func unmap<Visitor: LeafVisitor>(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range) { return error }
    if let error = try partialLeaf(in: range) { return error }
    try unmapSteps(of: range, into: &unlinked, visiting: &visitor)
    return nil
  }

  /// Unmaps a range that is not refused, a table at a time.
  ///
  /// Under the trait `Small`, both halves call one copy.
  @inlinable
  #if Small
    @inline(never)
  #else
    @inline(__always)
  #endif
  func unmapSteps<Visitor: LeafVisitor>(
    of range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) {
    var hasCleared = false
    var done: UInt64 = 0
    while done < range.size {
      let at = range.start + done
      try platform.enterReadSection()
      let step = try unmapStep(
        at: at, left: range.size &- done, into: &unlinked,
        visiting: &visitor)
      try platform.leaveReadSection()
      hasCleared = hasCleared || step.hasCleared
      done &+= step.size
    }
    // Guard: flush-after-a-range
    if hasCleared {
      try platform.flush(range, of: ownRoot(for: range.start), .tables)
    }
  }

  /// Unmaps what one table says of the range from `at` on; returns how many
  /// bytes are dealt with.
  ///
  /// No leaf reaches out of the range: that was checked before.
  @inlinable
  func unmapStep<Visitor: LeafVisitor>(
    at: VirtualAddress, left: UInt64,
    into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) -> (size: UInt64, hasCleared: Bool) {
    let covered = Self.highestLevel(
      alignment: at.rawValue, size: left, upTo: Self.topLevel)
    let place = try descend(
      to: at, level: emptyTables == .free ? covered : 1, isKernel: nil)
    let level = place.level
    if level == 1 {
      return try unmapPages(
        at: at, left: left, in: place.table, into: &unlinked,
        visiting: &visitor)
    }
    let span = Format.span(of: level)
    if place.entry == 0 {
      return (min(left, span &- at.rawValue & (span &- 1)), false)
    }
    if Format.isLeaf(place.entry, level: level) {
      let old = try platform.exchange(0, at: place.slot)
      visitor.visit(old, level: level, at: at)
    } else {
      // A table that the range covers: it goes out of reach by one store.
      _ = try platform.exchange(0, at: place.slot)
      let child = Format.table(in: place.entry, level: level)
      // What another CPU found empty and ended, it counts out too.
      guard try end(child) else { return (span, true) }
      if Visitor.looksAtLeaves {
        // The flush waits for CPUs, which may wait for a reader. The table is
        // this call's alone, and its entry is still counted in the one above.
        try platform.leaveReadSection()
        try platform.flush(
          VirtualRange(start: at, size: span), of: ownRoot(for: at), .tables)
        try platform.enterReadSection()
      }
      try appendSubtree(
        child, level: level &- 1, at: at, into: &unlinked,
        visiting: &visitor)
    }
    try decrementEntryCount(
      by: 1, of: place.table, level: level, at: at, into: &unlinked)
    return (span, true)
  }

  /// Clears the entries of one table of pages, up to its end.
  ///
  /// A leaf that is shown is taken by an exchange, so that nothing a walker
  /// wrote is lost; one that nobody looks at, by a store.
  @inlinable
  func unmapPages<Visitor: LeafVisitor>(
    at: VirtualAddress, left: UInt64, in table: FrameNumber,
    into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) -> (size: UInt64, hasCleared: Bool) {
    let first = Format.slot(for: at, in: table, level: 1)
    let count = Self.entriesCovered(at: at, size: left, level: 1)
    var cleared = 0
    for index in 0..<count {
      let slot = first.advanced(byEntries: index)
      if try platform.load(slot) == 0 { continue }
      if Visitor.looksAtLeaves {
        let old = try platform.exchange(0, at: slot)
        visitor.visit(
          old, level: 1, at: at + Format.size(of: index, level: 1))
      } else {
        try platform.store(0, to: slot)
      }
      cleared &+= 1
    }
    if cleared > 0 {
      try decrementEntryCount(
        by: cleared, of: table, level: 1, at: at, into: &unlinked)
    }
    return (Format.size(of: count, level: 1), cleared > 0)
  }

  /// Adds an ended table that went out of reach, after those that hang from it,
  /// and shows their leaves.
  ///
  /// Nothing inside them is written: they went out of reach with the one entry
  /// above. Those that hang from it come to their end here, but for an empty one
  /// that a cursor's CPU has ended, and retires.
  ///
  /// It does not call itself, so that the stack does not grow with the levels: the
  /// link of a table, which is on no list yet, leads back to the one above.
  @inlinable
  @inline(never)
  func appendSubtree<Visitor: LeafVisitor>(
    _ table: FrameNumber, level top: Int, at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) {
    var here = table
    var level = top
    var start = address
    var index = 0
    while top > 1 {
      if let child = try nextTable(
        of: here, level: level, at: start, from: &index, visiting: &visitor)
      {
        let below = start + Format.size(of: index, level: level)
        index &+= 1
        guard try end(child) else { continue }
        if level == 2 {
          try append(pagesOf: child, at: below, into: &unlinked, &visitor)
          continue
        }
        try platform.setLink(here, of: child)
        here = child
        level &-= 1
        start = below
        index = 0
      } else if level < top {
        let above = try platform.link(of: here)
        try unlinked.append(here, of: root)
        here = above
        level &+= 1
        index = Format.index(of: start, level: level) &+ 1
        start = start.alignedDown(to: Format.span(of: level &+ 1))
      } else {
        return try unlinked.append(table, of: root)
      }
    }
    try append(pagesOf: table, at: address, into: &unlinked, &visitor)
  }

  /// Adds an ended table of pages that went out of reach, and shows its leaves.
  @inlinable
  @inline(__always)
  func append<Visitor: LeafVisitor>(
    pagesOf table: FrameNumber, at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>, _ visitor: inout Visitor
  ) throws(P.Interruption) {
    if Visitor.looksAtLeaves {
      try showPages(of: table, at: address, to: &visitor)
    }
    try unlinked.append(table, of: root)
  }

  /// The first table that hangs from a table, from the entry `index` on.
  ///
  /// Shows the leaves before it. `index` is that table's afterwards, or the end.
  @inlinable
  @inline(__always)
  func nextTable<Visitor: LeafVisitor>(
    of table: FrameNumber, level: Int, at start: VirtualAddress,
    from index: inout Int, visiting visitor: inout Visitor
  ) throws(P.Interruption) -> FrameNumber? {
    while index < Format.entriesPerTable {
      let entry = try platform.load(table.address.advanced(byEntries: index))
      if entry != 0 {
        if Format.isTable(entry, level: level) {
          return Format.table(in: entry, level: level)
        }
        visitor.visit(
          entry, level: level, at: start + Format.size(of: index, level: level))
      }
      index &+= 1
    }
    return nil
  }

  /// Shows the pages that a table of pages maps, eight entries a turn.
  @inlinable
  func showPages<Visitor: LeafVisitor>(
    of table: FrameNumber, at address: VirtualAddress,
    to visitor: inout Visitor
  ) throws(P.Interruption) {
    let entriesPerTurn = min(8, Format.entriesPerTable)
    // A variable of its own stays in registers: `visitor` would be written back
    // before each load. Most of a table that goes whole is mapped.
    var own = consume visitor
    defer { visitor = own }
    var first = 0
    while first < Format.entriesPerTable {
      for index in 0..<entriesPerTurn {
        let place = first &+ index
        let entry = try platform.load(
          table.address.advanced(byEntries: place))
        guard _fastPath(Format.isPresent(entry)) else { continue }
        own.visit(
          entry, level: 1, at: address + Format.size(of: place, level: 1))
      }
      first &+= entriesPerTurn
    }
  }
}
