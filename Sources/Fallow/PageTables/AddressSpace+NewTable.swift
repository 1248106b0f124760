// SPDX-License-Identifier: Apache-2.0

/// The paths of a table of pages that comes with one run and goes with it: what
/// sparse maps spend their time on.
extension AddressSpace where Half == KernelHalf {
  /// Maps a run of pages in its table, or in one that is made for it; nil if
  /// neither can be done: then nothing has changed.
  @inlinable
  @inline(__always)
  func mapPageRun<Leaves: LeafSequence>(
    _ run: Leaves
  ) throws(P.Interruption) -> MapStop? {
    // Guard: make-in-a-read-section
    try platform.enterReadSection()
    let place = try descend(to: run.start, level: 1)
    if place.level == 1 {
      return try write(run, at: place)
    } else if place.level == 2, place.entry == 0 {
      return try mapInNewTable(run, under: place)
    } else {
      try platform.leaveReadSection()
    }
    return nil
  }

  /// Makes a table that holds a run of pages and nothing else, links it at
  /// `place`, and leaves the read section; nil if the scheme has no room, or a
  /// neighbour linked a table first or unlinked the one above: then nothing has
  /// changed, and the general path goes on.
  ///
  /// The entry is counted only once there is a frame for its table: no entry is
  /// counted in vain where there are none.
  ///
  /// A table that comes and goes with one page spends most of its time here and
  /// in ``retireIfEmpty(_:at:)``.
  @inlinable
  @inline(never)
  func mapInNewTable<Leaves: LeafSequence>(
    _ run: Leaves, under place: Place
  ) throws(P.Interruption) -> MapStop? {
    if try scheme.isFull() {
      try platform.leaveReadSection()
      return nil
    }
    let frame = try platform.allocate(order: 0)
    if frame == .none {
      try platform.leaveReadSection()
      return .stopped(
        MapError(.outOfFrames, at: run.start, level: place.level))
    }
    guard try incrementEntryCount(by: 1, of: place.table) else {
      try platform.free(frame, order: 0)
      try platform.leaveReadSection()
      return nil
    }
    let table = try ConstructedTable<P, Half>.makeInline(
      of: frame, on: platform, level: 1, entries: Format.entriesPerTable,
      from: Format.index(of: run.start, level: 1), leaves: run)
    try platform.store(
      UInt64(truncatingIfNeeded: run.count), to: .entryCount, of: frame)
    var found: UInt64 = 0
    let lost = try table.link(
      at: place.slot,
      entry: Format.tableEntry(
        pointingTo: frame.address, isKernel: Half.isKernel),
      found: &found)
    if let lost {
      try scheme.abandon(lost)
    } else {
      try platform.leaveReadSection()
      // Guard: map-publishes
      try platform.publish(run.range(of: Format.self), of: ownRoot)
      return .mapped
    }
    if try platform.add(-1, to: .entryCount, of: place.table) == 0,
      place.level < Format.levels
    {
      try retireIfEmpty(place, at: run.range(of: Format.self))
    } else {
      try platform.leaveReadSection()
    }
    return nil
  }

  /// Unlinks the table of `place`, in which the last entry was cleared, if it
  /// is still empty and empty tables are freed; leaves the read section, flushes
  /// the CPUs, and retires what was unlinked.
  ///
  /// The entry above it is the one that the descent came by: while that
  /// entry is counted, the table that holds it stays linked.
  @inlinable
  @inline(never)
  func retireIfEmpty(
    _ place: Place, at range: VirtualRange
  ) throws(P.Interruption) {
    try scheme.retiring { (unlinked) throws(P.Interruption) in
      if emptyTables == .free, try end(place.table, atCount: 0) {
        try clear(
          place.table, at: place.above, isKernel: Half.isKernel)
        try unlinked.append(place.table, of: root)
        let parent = FrameNumber(containing: place.above)
        if try platform.add(-1, to: .entryCount, of: parent) == 0 {
          try unlinkIfEmpty(
            parent, level: place.level &+ 1, at: range.start, into: &unlinked)
        }
      }
      try platform.leaveReadSection()
      // Guard: flush-before-retiring
      try platform.flush(range, of: ownRoot, .tables)
    }
  }
}
