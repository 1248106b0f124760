/// The short ways: one leaf, in a table that is there. What is unusual is left
/// to the general way, which starts over from the root.
extension AddressSpace {
  /// Writes one leaf; false if a table is missing, has come to its end, or
  /// something stands in the entry: then nothing has changed.
  ///
  /// The entry is looked at before it is counted. It cannot come into use in
  /// between, since the caller has its addresses to himself.
  @inlinable
  @inline(__always)
  func mapOne(
    _ address: VirtualAddress, entry: UInt64, level: Int
  ) throws(P.Interruption) -> Bool {
    try platform.enterReadSection()
    var isMapped = false
    if let table = try table(at: address, level: level) {
      let slot = table + Format.offset(of: address, level: level)
      if try platform.load(slot) == 0,
        try reserve(1, in: FrameNumber(containing: table))
      {
        try platform.store(entry, to: slot)
        isMapped = true
      }
    }
    try platform.leaveReadSection()
    return isMapped
  }

  /// Where the table of `level` on the way to `address` is, or nil.
  ///
  /// The caller is in a read section.
  @inlinable
  @inline(__always)
  func table(
    at address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> PhysicalAddress? {
    var table = root.address
    var here = Format.levels
    while here > level {
      let entry = try platform.load(
        table + Format.offset(of: address, level: here))
      guard Format.isTable(entry, level: here) else { return nil }
      table = Format.tableAddress(in: entry, isKernel: Half.isKernel)
      here &-= 1
    }
    return table
  }
}

extension AddressSpace where Half == KernelHalf {
  /// Clears the entry of one page; nil if there is no table for it, and then
  /// nothing has changed.
  ///
  /// Nobody asks what the leaf was, so a store is enough: a walker that records
  /// an access in it does so atomically, or finds it gone. The count that
  /// follows is the full fence.
  @inlinable
  @inline(__always)
  func unmapOne(
    _ page: VirtualRange
  ) throws(P.Interruption) -> UnmapOutcome? {
    try platform.enterReadSection()
    guard let table = try table(at: page.start, level: 1) else {
      try platform.leaveReadSection()
      return nil
    }
    let slot = table + Format.offset(of: page.start, level: 1)
    guard try platform.load(slot) != 0 else {
      try platform.leaveReadSection()
      return .unmapped
    }
    try platform.store(0, to: slot)
    let frame = FrameNumber(containing: table)
    if try platform.add(-1, to: .live, of: frame) == 0 {
      try retireIfEmpty(frame, at: page)
      return .unmapped
    }
    try platform.leaveReadSection()
    try platform.flush(page, of: ownRoot, .tables)
    return .unmapped
  }

  /// Unlinks the table whose last page was cleared if empty tables are to go,
  /// leaves the read section, flushes, and retires what was unlinked.
  @inlinable
  @inline(never)
  func retireIfEmpty(
    _ table: FrameNumber, at page: VirtualRange
  ) throws(P.Interruption) {
    try scheme.retiring { (unlinked) throws(P.Interruption) in
      if emptyTables == .free {
        try unlinkIfEmpty(table, level: 1, at: page.start, into: &unlinked)
      }
      try platform.leaveReadSection()
      try platform.flush(page, of: ownRoot, .tables)
    }
  }
}
