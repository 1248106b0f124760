// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == KernelHalf {
  /// Maps `range` to the physical addresses from `address` on.
  ///
  /// Each piece gets the largest leaf of at most `maxLeafLevel` that its
  /// alignment and the CPUs allow. Where an empty table is linked and a larger
  /// leaf fits, the table makes way: a *promotion*. Its entry is cleared, the
  /// CPUs flush, it is retired, and only then the leaf is written.
  ///
  /// Where it takes frames for tables, it sleeps if the scheme's limit is
  /// reached.
  ///
  /// - Returns: Why it stopped, or nil. What cannot be mapped, whatever the
  ///   tables hold, is refused with nothing changed: an address that is
  ///   misaligned, too wide, or not of this half, a level, an attribute. After
  ///   `occupied` and `outOfFrames` the leaves that fit before the error's
  ///   address are mapped, and no others.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  @inline(__always)
  package func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapError? {
    if try mapLeafInPlace(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
      != .notMapped
    {
      return nil
    }
    return try mapRange(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
  }

  /// Maps any range, with what can be a constant of the caller's made of the
  /// attributes here.
  @inlinable
  @inline(__always)
  func mapRange(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) throws(P.Interruption) -> MapError? {
    let entry = pageEntry(attributes: attributes, maxLeafLevel: maxLeafLevel)
    if entry == 0 {
      return try mapGenerally(
        range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
    }
    return try mapRange(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      pageEntry: entry)
  }

  /// Maps any range: at once if it is a run of pages in one table.
  ///
  /// Out of line, and apart from the general path, so that neither pays for the
  /// other's frame.
  ///
  /// - Parameter pageEntry: What
  ///   ``pageEntry(attributes:maxLeafLevel:)`` returns, if it is no 0.
  @inlinable
  @inline(never)
  func mapRange(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int, pageEntry: UInt64
  ) throws(P.Interruption) -> MapError? {
    if let run = pageRun(range, to: address, entry: pageEntry) {
      if let stop = try mapPageRun(run) { return stop.pageError }
      return try mapPages(run)
    }
    return try mapGenerally(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
  }

  /// Maps a run of pages in its table, or in one that is made for it; nil if it
  /// is none, or neither can be done: then nothing has changed.
  ///
  /// For callers whose attributes are not constants: out of line with all its
  /// checks.
  @inlinable
  @inline(never)
  package func mapPagesAtOnce(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapStop? {
    let entry = pageEntry(
      attributes: attributes, maxLeafLevel: Self.maxLeafLevel)
    guard entry != 0, let run = pageRun(range, to: address, entry: entry)
    else { return nil }
    return try mapPageRun(run)
  }

  /// Maps a run of pages whose table is missing, or in which an entry is in
  /// use.
  @inlinable
  @inline(never)
  func mapPages<Leaves: LeafSequence>(
    _ run: Leaves
  ) throws(P.Interruption) -> MapError? {
    try scheme.makeRoom()
    return try scheme.retiring { (unlinked) throws(P.Interruption) in
      try mapPages(run, into: &unlinked)
    }
  }

  /// Maps `range` like ``map(_:to:attributes:maxLeafLevel:)``, with the frames
  /// of `reserved` for its tables.
  ///
  /// Does not sleep; ``reserve(for:to:maxLeafLevel:)`` did.
  ///
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    try mapMakingWay(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      from: &reserved)
  }

  /// Maps any range, without a reservation.
  @inlinable
  @inline(never)
  package func mapGenerally(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapError? {
    try ReservedFrames.none(on: platform) { (none) throws(P.Interruption) in
      try mapMakingWay(
        range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
        from: &none)
    }
  }

  /// Maps any range, a run of leaves in one table at a time.
  @inlinable
  func mapMakingWay(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(
      of: range, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel)
    {
      return error
    }
    var done: UInt64 = 0
    while true {
      if !reserved.isReservation { try scheme.makeRoom() }
      let stop = try scheme.retiring { (unlinked) throws(P.Interruption) in
        try mapUntilConflict(
          in: range, at: &done, to: address, attributes: attributes,
          maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
      }
      switch stop {
      case .mapped: return nil
      case .stopped(let error): return error
      case .table: continue
      }
    }
  }

  /// Maps up to the first table that stands where a leaf should go, and
  /// detaches it; `table` if that was done and `done` is where to go on.
  @inlinable
  func mapUntilConflict(
    in range: VirtualRange, at done: inout UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapStop {
    let stop = try mapRuns(
      of: range, at: done, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
    guard case .table(let at, let level) = stop else { return stop }
    if mustBreak, try isWalkedByDevices() {
      return .stopped(MapError(.bound, at: at, level: level))
    }
    if let error = try detach(at: at, level: level, into: &unlinked) {
      guard error.kind == .notMapped else {
        return .stopped(try occupied(at: at, level: level))
      }
      // A cursor handed back its reservation, and its CPU unlinked the table.
      try platform.flush(
        stretch(at: at, level: level), of: ownRoot, .tables)
    }
    // One that was bound before the entry was cleared may hold the pointer.
    if mustBreak, try isWalkedByDevices() {
      return .stopped(MapError(.bound, at: at, level: level))
    }
    done = at.rawValue &- range.start.rawValue
    return stop
  }
}

/// Where a run of leaves ended.
@frozen
@usableFromInline
package enum MapStop: BitwiseCopyable {
  case mapped
  case stopped(MapError)
  /// A table is linked where a leaf of `level` should go.
  case table(VirtualAddress, level: Int)

  @inlinable
  static func occupied(_ address: VirtualAddress, level: Int) -> Self {
    .stopped(MapError(.occupied, at: address, level: level))
  }

  /// Why a run of pages ended, or nil: no table is linked where a page should
  /// go.
  @inlinable
  package var pageError: MapError? {
    switch self {
    case .mapped: nil
    case .stopped(let error): error
    case .table(let address, let level):
      MapError(.occupied, at: address, level: level)
    }
  }
}

extension AddressSpace {
  /// Maps `range` from its byte `done` on, a run of leaves in one table at a
  /// time.
  ///
  /// Under the trait `Small`, both halves call one copy.
  @inlinable
  #if Small
    @inline(never)
  #endif
  func mapRuns(
    of range: VirtualRange, at done: UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapStop {
    if done == range.size { return .mapped }
    var done = done
    var stop = MapStop.mapped
    while done < range.size {
      let run = run(
        of: range, at: done, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel)
      // Guard: make-runs-in-a-read-section
      try platform.enterReadSection()
      stop = try mapRun(run, into: &unlinked, from: &reserved)
      try platform.leaveReadSection()
      guard case .mapped = stop else { break }
      done &+= Format.size(of: run.count, level: run.level)
    }
    let root = ownRoot(for: range.start)
    if !unlinked.isEmpty { try platform.flush(range, of: root, .tables) }
    // Guard: map-publishes
    try platform.publish(range, of: root)
    return stop
  }

  /// Maps a run of pages, without a reservation.
  @inlinable
  func mapPages<Leaves: LeafSequence>(
    _ run: Leaves, into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    let stop = try ReservedFrames.none(on: platform) {
      (none) throws(P.Interruption) in
      // Guard: make-pages-in-a-read-section
      try platform.enterReadSection()
      let stop = try mapRun(run, into: &unlinked, from: &none)
      try platform.leaveReadSection()
      return stop
    }
    let range = run.range(of: Format.self)
    if !unlinked.isEmpty { try platform.flush(range, of: ownRoot, .tables) }
    // Guard: map-publishes
    try platform.publish(range, of: ownRoot)
    return stop.pageError
  }

  /// The largest leaves that fit at the byte `done` of `range`, as far as one
  /// table holds them, on a level that this half has.
  @inlinable
  func run(
    of range: VirtualRange, at done: UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) -> LeafRun {
    let at = range.start + done
    let left = range.size &- done
    let level = Self.highestLevel(
      alignment: at.rawValue | (address.rawValue &+ done), size: left,
      upTo: min(maxLeafLevel, platform.paging.maxLeafLevel))
    return LeafRun(
      start: at, level: level,
      count: Self.entriesCovered(at: at, size: left, level: level),
      firstEntry: Format.leafEntry(
        mapping: address + done, level: level,
        attributes: completed(attributes)),
      step: Format.leafStep(of: level))
  }

  /// Writes a run of leaves into one table, making the tables above it and
  /// itself where they are missing.
  ///
  /// A table that is made for the run is filled before it is linked.
  @inlinable
  func mapRun<Leaves: LeafSequence>(
    _ run: Leaves, into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapStop {
    restart: while true {
      // Tables that this call has unlinked and frames that it has used are
      // carried on; then the turns before are part of the operation.
      if unlinked.isEmpty && !reserved.isReservation {
        try platform.attempt()
      }
      // Where the descent goes on from, and which table there this call made
      // and linked: its first entry is counted already.
      var table = root.address
      var top = Format.levels
      var above = root.address
      var own = FrameNumber.none
      while true {
        let place = try find(
          run.start, level: run.level, from: table, at: top, above: above)
        let level = place.level
        let isCounted = own != .none && level == top && place.entry == 0
        if own != .none && !isCounted {
          // A neighbour came upon the new table first, and counted the entry
          // too.
          try decrementEntryCount(
            by: 1, of: own, level: top, at: run.start, into: &unlinked)
        }
        if level == run.level {
          if try !incrementEntryCount(by: run.count, of: place.table) {
            try clear(
              place.table, at: place.above,
              isKernel: Self.isKernel(run.start))
            continue restart
          }
          return try write(run, in: place.table, into: &unlinked)
        }
        guard place.entry == 0 else {
          return .occupied(run.start, level: level)
        }
        if !isCounted, try !incrementEntryCount(by: 1, of: place.table) {
          try clear(
            place.table, at: place.above, isKernel: Self.isKernel(run.start))
          continue restart
        }
        let frame = try reserved.next()
        guard frame != .none else {
          try decrementEntryCount(
            by: 1, of: place.table, level: level, at: run.start,
            into: &unlinked)
          return .stopped(MapError(.outOfFrames, at: run.start, level: level))
        }
        let child = try make(of: frame, level: level &- 1, for: run)
        var found: UInt64 = 0
        let lost = try child.link(
          at: place.slot,
          entry: Format.tableEntry(
            pointingTo: frame.address, isKernel: Self.isKernel(run.start)),
          found: &found)
        top = level &- 1
        above = place.slot
        if let lost {
          // A neighbour linked a table first.
          try scheme.abandon(lost)
          try decrementEntryCount(
            by: 1, of: place.table, level: level, at: run.start,
            into: &unlinked)
          guard Format.isTable(found, level: level) else {
            return .occupied(run.start, level: level)
          }
          table = Format.address(in: found, level: level)
          own = .none
          continue
        }
        if top == run.level { return .mapped }
        table = frame.address
        own = frame
      }
    }
  }

  /// Writes a counted run into a linked table, up to the first entry that is
  /// in use.
  @inlinable
  func write<Leaves: LeafSequence>(
    _ run: Leaves, in table: FrameNumber,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapStop {
    let first = Format.slot(for: run.start, in: table, level: run.level)
    for index in 0..<run.count {
      let slot = first.advanced(byEntries: index)
      let old = try platform.load(slot)
      if old == 0 {
        try platform.store(run.entry(index), to: slot)
        continue
      }
      try decrementEntryCount(
        by: run.count &- index, of: table, level: run.level, at: run.start,
        into: &unlinked)
      let at = run.start + Format.size(of: index, level: run.level)
      return Format.isLeaf(old, level: run.level)
        ? .occupied(at, level: run.level) : .table(at, level: run.level)
    }
    return .mapped
  }

  /// Makes a table of `level` on the way to a run: one that holds the run and
  /// nothing else, or an empty one whose first entry is counted already.
  @inlinable
  @inline(__always)
  func make<Leaves: LeafSequence>(
    of frame: FrameNumber, level: Int, for run: Leaves
  ) throws(P.Interruption) -> ConstructedTable<P, Half> {
    let count: Int
    let table: ConstructedTable<P, Half>
    if level == run.level {
      count = run.count
      table = try .make(
        of: frame, on: platform, level: level, entries: Format.entriesPerTable,
        from: Format.index(of: run.start, level: level), leaves: run)
    } else {
      count = 1
      table = try .make(
        of: frame, on: platform, level: level, entries: Format.entriesPerTable)
    }
    try platform.store(
      UInt64(truncatingIfNeeded: count), to: .entryCount, of: frame)
    return table
  }

  /// The error of a table that does not make way for a leaf of `level`: it names
  /// the first leaf below the table, or the table if there is none.
  @inlinable
  @inline(never)
  func occupied(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> MapError {
    let stretch = VirtualRange(start: address, size: Format.span(of: level))
    let found = try firstEntry(in: stretch)
    return MapError(
      .occupied, at: found?.start ?? address, level: found?.level ?? level)
  }
}
