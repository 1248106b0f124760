extension AddressSpace where Half == KernelHalf {
  /// Unmaps whatever is mapped in `range`, and retires the tables that this
  /// leaves empty.
  ///
  /// A table that the range covers is unlinked as it is: its leaves are not
  /// read. Who wants to know them asks ``unmap(_:into:visiting:)``.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange
  ) throws(P.Interruption) -> UnmapOutcome {
    checkHalf(range)
    if range.size == FrameNumber.size, let outcome = try unmapOne(range) {
      return outcome
    }
    return try unmapGenerally(range)
  }

  /// Unmaps any range, a table at a time.
  @inlinable
  @inline(never)
  func unmapGenerally(
    _ range: VirtualRange
  ) throws(P.Interruption) -> UnmapOutcome {
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
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> UnmapOutcome {
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
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap<Visitor: LeafVisitor>(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) -> UnmapOutcome {
    checkHalf(range)
    var outcome = UnmapOutcome.unmapped
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
      if step.size == 0 {
        outcome = .partialLeaf(at)
        break
      }
      done &+= step.size
    }
    if hasCleared { try platform.flush(range, of: ownRoot, .tables) }
    return outcome
  }

  /// Unmaps what one table says of the range from `at` on; returns how many
  /// bytes are dealt with, 0 if a leaf reaches out of the range.
  @inlinable
  func unmapStep<Visitor: LeafVisitor>(
    at: VirtualAddress, left: UInt64,
    into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) -> (size: UInt64, hasCleared: Bool) {
    var table = root
    var level = Format.levels
    while level > 1 {
      let slot = Format.slot(for: at, in: table, level: level)
      let span = Format.span(of: level)
      let entry = try platform.load(slot)
      if entry == 0 {
        return (min(left, span &- at.rawValue & (span &- 1)), false)
      }
      let isCovered = at.rawValue & (span &- 1) == 0 && span <= left
      if Format.isLeaf(entry, level: level) {
        guard isCovered else { return (0, false) }
        let old = try platform.exchange(0, at: slot)
        visitor.visit(old, level: level, at: at)
        try release(1, in: table, level: level, at: at, into: &unlinked)
        return (span, true)
      }
      let child = Format.table(in: entry, level: level)
      if isCovered && emptyTables == .free && level <= Self.topLevel {
        _ = try platform.exchange(0, at: slot)
        if Visitor.looksAtLeaves {
          try platform.flush(
            VirtualRange(start: at, size: span), of: ownRoot, .tables)
        }
        try end(child)
        try appendSubtree(
          child, level: level &- 1, at: at, into: &unlinked,
          visiting: &visitor)
        try release(1, in: table, level: level, at: at, into: &unlinked)
        return (span, true)
      }
      table = child
      level &-= 1
    }
    return try unmapPages(
      at: at, left: left, in: table, into: &unlinked, visiting: &visitor)
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
    let count = min(
      Format.entriesPerTable &- Format.index(of: at, level: 1),
      Int(truncatingIfNeeded: left &>> FrameNumber.shift))
    var cleared = 0
    for index in 0..<count {
      let slot = first + UInt64(index &* 8)
      if try platform.load(slot) == 0 { continue }
      if Visitor.looksAtLeaves {
        let old = try platform.exchange(0, at: slot)
        visitor.visit(
          old, level: 1, at: at + UInt64(index) &<< FrameNumber.shift)
      } else {
        try platform.store(0, to: slot)
      }
      cleared &+= 1
    }
    if cleared > 0 {
      try release(cleared, in: table, level: 1, at: at, into: &unlinked)
    }
    return (UInt64(count) &<< FrameNumber.shift, cleared > 0)
  }

  /// Adds an ended table that went out of reach, after those that hang from it,
  /// and shows their leaves.
  ///
  /// Nothing inside them is written: they went out of reach with the one entry
  /// above. Those that hang from it come to their end here.
  @inlinable
  func appendSubtree<Visitor: LeafVisitor>(
    _ table: FrameNumber, level: Int, at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>,
    visiting visitor: inout Visitor
  ) throws(P.Interruption) {
    if level == 1 && Visitor.looksAtLeaves {
      try showPages(of: table, at: address, to: &visitor)
    }
    if level > 1 {
      for index in 0..<Format.entriesPerTable {
        let entry = try platform.load(table.address + UInt64(index &* 8))
        if entry == 0 { continue }
        let at = address + UInt64(index) &<< Format.spanShift(of: level)
        if Format.isTable(entry, level: level) {
          let child = Format.table(in: entry, level: level)
          try end(child)
          try appendSubtree(
            child, level: level &- 1, at: at, into: &unlinked,
            visiting: &visitor)
        } else {
          visitor.visit(entry, level: level, at: at)
        }
      }
    }
    try unlinked.append(table, of: root)
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
        let place = UInt64(first &+ index)
        let entry = try platform.load(table.address + place &* 8)
        guard _fastPath(Format.isPresent(entry)) else { continue }
        own.visit(
          entry, level: 1, at: address + place &<< FrameNumber.shift)
      }
      first &+= entriesPerTurn
    }
  }
}
