extension AddressSpace where Half == KernelHalf {
  /// Maps `range` to the physical addresses from `address` on.
  ///
  /// Each piece gets the largest leaf of at most `maxLeafLevel` that its
  /// alignment allows. Where an empty table is linked and a larger leaf fits,
  /// the table makes way: a *promotion*. Its entry is cleared, the CPUs flush,
  /// it is retired, and only then the leaf is written.
  ///
  /// Where it takes frames for tables, it sleeps if the scheme's limit is
  /// reached.
  ///
  /// If the outcome is not ``MapOutcome/mapped``, everything before the address
  /// it names is mapped, and nothing from there on has changed.
  ///
  /// - Precondition: The range and `address` are made of whole pages, and the
  ///   range lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapOutcome {
    checkHalf(range)
    let refused = Format.inexpressible(in: attributes)
    guard refused == .none else { return .inexpressible(refused) }
    for level in 1...2 where range.size == Format.span(of: level) {
      let span = Format.span(of: level)
      if level <= maxLeafLevel,
        (range.start.rawValue | address.rawValue) & (span &- 1) == 0,
        try mapOne(
          range.start,
          entry: Format.leafEntry(
            mapping: address, level: level, attributes: attributes),
          level: level)
      {
        return .mapped
      }
    }
    return try mapGenerally(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
  }

  /// Maps `range` like ``map(_:to:attributes:maxLeafLevel:)``, with the frames
  /// of `reserved` for its tables.
  ///
  /// Does not sleep; ``reserve(for:to:maxLeafLevel:)`` did.
  ///
  /// - Precondition: The range and `address` are made of whole pages, and the
  ///   range lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapOutcome {
    checkHalf(range)
    let refused = Format.inexpressible(in: attributes)
    guard refused == .none else { return .inexpressible(refused) }
    return try mapMakingWay(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      from: &reserved)
  }

  /// Maps any range, without a reservation.
  @inlinable
  @inline(never)
  func mapGenerally(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) throws(P.Interruption) -> MapOutcome {
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
  ) throws(P.Interruption) -> MapOutcome {
    var done: UInt64 = 0
    while true {
      if !reserved.isReservation { try scheme.makeRoom() }
      let outcome = try scheme.retiring { (unlinked) throws(P.Interruption) in
        try mapOrMakeWay(
          in: range, at: &done, to: address, attributes: attributes,
          maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
      }
      if let outcome { return outcome }
    }
  }

  /// Maps up to the first table that stands where a leaf should go, and
  /// detaches it; nil if that was done and `done` is where to go on.
  @inlinable
  func mapOrMakeWay(
    in range: VirtualRange, at done: inout UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapOutcome? {
    let stop = try mapRuns(
      of: range, at: done, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
    guard case .table(let at, let level) = stop else { return stop.outcome }
    guard try detach(at: at, level: level, into: &unlinked) == .done else {
      return .occupied(at)
    }
    done = at.rawValue &- range.start.rawValue
    return nil
  }
}

extension AddressSpace where Half == UserHalf {
  /// Maps `range` to the physical addresses from `address` on, like the
  /// kernel's space does, except that a table never makes way: user tables are
  /// the caller's to invalidate.
  ///
  /// Detach it first.
  ///
  /// Tables that this call made and could not use after all are added to
  /// `unlinked`.
  ///
  /// - Precondition: The range and `address` are made of whole pages, and the
  ///   range lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapOutcome {
    try scheme.makeRoom()
    return try ReservedFrames.none(on: platform) {
      (none) throws(P.Interruption) in
      try map(
        range, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel, into: &unlinked, from: &none)
    }
  }

  /// Maps `range` like ``map(_:to:attributes:maxLeafLevel:into:)``, with the
  /// frames of `reserved` for its tables.
  ///
  /// - Precondition: The range and `address` are made of whole pages, and the
  ///   range lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapOutcome {
    checkHalf(range)
    let refused = Format.inexpressible(in: attributes)
    guard refused == .none else { return .inexpressible(refused) }
    let stop = try mapRuns(
      of: range, at: 0, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
    if case .table(let at, _) = stop { return .occupied(at) }
    return stop.outcome ?? .mapped
  }
}

/// Where a run of leaves ended.
@frozen
@usableFromInline
enum MapStop: BitwiseCopyable {
  case mapped
  case occupied(VirtualAddress)
  case outOfFrames(VirtualAddress)
  /// A table is linked where a leaf of `level` should go.
  case table(VirtualAddress, level: Int)

  /// What the caller is told, unless a table is to make way first.
  @inlinable
  var outcome: MapOutcome? {
    switch self {
    case .mapped: .mapped
    case .occupied(let address): .occupied(address)
    case .outOfFrames(let address): .outOfFrames(address)
    case .table: nil
    }
  }
}

extension AddressSpace {
  /// Maps `range` from its byte `done` on, a run of leaves in one table at a
  /// time.
  @inlinable
  func mapRuns(
    of range: VirtualRange, at done: UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapStop {
    var done = done
    var stop = MapStop.mapped
    while done < range.size {
      let run = run(
        of: range, at: done, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel)
      try platform.enterReadSection()
      stop = try mapRun(run, into: &unlinked, from: &reserved)
      try platform.leaveReadSection()
      guard case .mapped = stop else { break }
      done &+= UInt64(run.count) &<< Format.spanShift(of: run.level)
    }
    if !unlinked.isEmpty { try platform.flush(range, of: ownRoot, .tables) }
    return stop
  }

  /// The largest leaves that fit at the byte `done` of `range`, as far as one
  /// table holds them.
  @inlinable
  func run(
    of range: VirtualRange, at done: UInt64, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) -> LeafRun {
    let at = range.start + done
    let left = range.size &- done
    let alignment = at.rawValue | (address.rawValue &+ done)
    var level = 1
    while level < maxLeafLevel,
      alignment & (Format.span(of: level &+ 1) &- 1) == 0,
      Format.span(of: level &+ 1) <= left
    {
      level &+= 1
    }
    return LeafRun(
      start: at, level: level,
      count: min(
        Format.entriesPerTable &- Format.index(of: at, level: level),
        Int(truncatingIfNeeded: left &>> Format.spanShift(of: level))),
      firstEntry: Format.leafEntry(
        mapping: address + done, level: level, attributes: attributes),
      step: Format.leafStep(of: level))
  }

  /// Writes a run of leaves into one table, making the tables above it and
  /// itself where they are missing.
  ///
  /// A table that is made for the run is filled before it is linked.
  @inlinable
  func mapRun(
    _ run: LeafRun, into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapStop {
    restart: while true {
      // Tables that this call has unlinked and frames that it has used are
      // carried on; then the turns before are part of the operation.
      if unlinked.isEmpty && !reserved.isReservation {
        try platform.attempt()
      }
      var table = root
      var level = Format.levels
      var parentSlot = PhysicalAddress(0)
      // Whether the entry that comes next is counted already: it is in a
      // table that this call made.
      var isCounted = false
      while level > run.level {
        let slot = Format.slot(for: run.start, in: table, level: level)
        var entry = try platform.load(slot)
        if entry == 0 {
          if !isCounted, try !reserve(1, in: table) {
            try helpClear(table, at: parentSlot)
            continue restart
          }
          let frame = try reserved.next()
          guard frame != .none else {
            try release(
              1, in: table, level: level, at: run.start, into: &unlinked)
            return .outOfFrames(run.start)
          }
          let isLast = level &- 1 == run.level
          let child =
            isLast
            ? try make(of: frame, filledWith: run)
            : try ConstructedTable<P, Half>.make(
              of: frame, on: platform, level: level &- 1,
              entries: Format.entriesPerTable)
          try platform.store(
            isLast ? UInt64(run.count) : 1, to: .live, of: frame)
          let link = Format.tableEntry(
            pointingTo: frame.address, isKernel: Half.isKernel)
          guard
            let lost = try child.link(at: slot, entry: link, found: &entry)
          else {
            if isLast { return .mapped }
            parentSlot = slot
            table = frame
            level &-= 1
            isCounted = true
            continue
          }
          try scheme.abandon(lost)
          try release(
            1, in: table, level: level, at: run.start, into: &unlinked)
        } else if isCounted {
          // A neighbour came upon the new table first, and counted the entry
          // too.
          try release(
            1, in: table, level: level, at: run.start, into: &unlinked)
        }
        if Format.isLeaf(entry, level: level) { return .occupied(run.start) }
        parentSlot = slot
        table = Format.table(in: entry, level: level)
        level &-= 1
        isCounted = false
      }
      if try !reserve(run.count, in: table) {
        try helpClear(table, at: parentSlot)
        continue restart
      }
      return try write(run, in: table, into: &unlinked)
    }
  }

  /// Writes a counted run into a linked table, up to the first entry that is
  /// in use.
  @inlinable
  func write(
    _ run: LeafRun, in table: FrameNumber,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapStop {
    let first = Format.slot(for: run.start, in: table, level: run.level)
    for index in 0..<run.count {
      let slot = first + UInt64(index &* 8)
      let old = try platform.load(slot)
      if old == 0 {
        try platform.store(run.entry(index), to: slot)
        continue
      }
      try release(
        run.count &- index, in: table, level: run.level, at: run.start,
        into: &unlinked)
      let at = run.start + UInt64(index) &<< Format.spanShift(of: run.level)
      return Format.isLeaf(old, level: run.level)
        ? .occupied(at) : .table(at, level: run.level)
    }
    return .mapped
  }

  /// Makes a table that holds a run and nothing else.
  @inlinable
  func make(
    of frame: FrameNumber, filledWith run: LeafRun
  ) throws(P.Interruption) -> ConstructedTable<P, Half> {
    try ConstructedTable<P, Half>.make(
      of: frame, on: platform, level: run.level,
      entries: Format.entriesPerTable,
      from: Format.index(of: run.start, level: run.level), count: run.count,
      first: run.firstEntry, step: run.step)
  }

  /// Clears the entry of an ended table in place of the one who ended it, so
  /// that nobody has to wait for him.
  @inlinable
  func helpClear(
    _ table: FrameNumber, at slot: PhysicalAddress
  ) throws(P.Interruption) {
    let entry = Format.tableEntry(
      pointingTo: table.address, isKernel: Half.isKernel)
    _ = try platform.compareExchange(slot, expected: entry, desired: 0)
  }
}

/// Leaves of one level that stand side by side in one table.
@frozen
@usableFromInline
struct LeafRun: BitwiseCopyable {
  @usableFromInline let start: VirtualAddress
  @usableFromInline let level: Int
  @usableFromInline let count: Int
  @usableFromInline let firstEntry: UInt64
  @usableFromInline let step: UInt64

  @inlinable
  init(
    start: VirtualAddress, level: Int, count: Int, firstEntry: UInt64,
    step: UInt64
  ) {
    self.start = start
    self.level = level
    self.count = count
    self.firstEntry = firstEntry
    self.step = step
  }

  @inlinable
  func entry(_ index: Int) -> UInt64 {
    firstEntry &+ UInt64(index) &* step
  }
}
