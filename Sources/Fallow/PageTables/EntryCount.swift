// SPDX-License-Identifier: Apache-2.0

/// The count of entries in use in a table, or its end.
///
/// An ended count has ``ended`` set; what is added to it afterwards has no
/// effect on the table, which is on its way out. It goes on counting at least
/// the entries that are not zero, so a frame that comes back with none is zero.
///
/// Of a table of pages it counts also what each ``Cursor`` has reserved there,
/// so it may be above the number of entries, and above that of all places.
extension AddressSpace {
  @inlinable
  static var ended: UInt64 { 1 &<< 63 }

  /// Counts `entries` more before they are written; false if the table has
  /// come to its end.
  @inlinable
  func incrementEntryCount(
    by entries: Int, of table: FrameNumber
  ) throws(P.Interruption) -> Bool {
    let sum = try platform.add(Int64(entries), to: .entryCount, of: table)
    // Guard: an-ended-table-takes-none
    return sum & Self.ended == 0
  }

  /// Counts `entries` fewer after they were cleared.
  ///
  /// If none is left, and empty tables are to go, the table is unlinked, and so
  /// on upwards. The caller is in a read section.
  @inlinable
  func decrementEntryCount(
    by entries: Int, of table: FrameNumber, level: Int,
    at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    let left = try platform.add(-Int64(entries), to: .entryCount, of: table)
    if left == 0 && emptyTables == .free && level < Format.levels {
      try unlinkIfEmpty(table, level: level, at: address, into: &unlinked)
    }
  }

  /// Unlinks a table in which the last entry was cleared, if it is still empty,
  /// and so on upwards.
  ///
  /// The entry above a table is found before the table is ended: it is counted
  /// as long as the table has not ended, so the table above stays. A CPU to which
  /// the whole stretch was given meanwhile may have cut the path from the root;
  /// then it ends and retires all that it cut off, and nothing is done here.
  @inlinable
  @inline(never)
  func unlinkIfEmpty(
    _ table: FrameNumber, level: Int, at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    var table = table
    var level = level
    while level < Format.levels {
      level &+= 1
      let isKernel = Self.isKernel(address)
      let above = try find(address, level: level)
      guard above.level == level,
        above.entry == Self.entry(of: table, isKernel: isKernel),
        try end(table, atCount: 0)
      else { return }
      try clear(table, at: above.slot, isKernel: isKernel)
      try unlinked.append(table, of: root)
      guard try platform.add(-1, to: .entryCount, of: above.table) == 0 else {
        return
      }
      table = above.table
    }
  }

  /// Ends a table whose count is `count`, so that nobody can raise it again;
  /// false if the count is another.
  @inlinable
  func end(
    _ table: FrameNumber, atCount count: UInt64
  ) throws(P.Interruption) -> Bool {
    // Guard: end-only-what-is-empty
    try platform.compareExchange(
      .entryCount, of: table, expected: count,
      desired: DescriptorField.endOfTable | count)
      == count
  }

  /// Ends a table that went out of reach as it is, so that each cursor that
  /// remembers it notices; false if it has ended already.
  ///
  /// That happens where a cursor handed back its reservation in a stretch that
  /// belongs to another CPU by now, and nothing was mapped there: then the
  /// cursor's CPU retires the table, and counts its entry out.
  ///
  /// An end has two bits, so that a second one, and there is never a third, adds
  /// up to one of them: the count stays ended.
  @inlinable
  func end(_ table: FrameNumber) throws(P.Interruption) -> Bool {
    let sum = try platform.add(
      Int64(bitPattern: DescriptorField.endOfTable), to: .entryCount,
      of: table)
    let before = sum &- DescriptorField.endOfTable
    // Guard: one-ends-a-table
    return before & Self.ended == 0
  }

  /// Whether a table that counts `count` may be full: it has not ended, and all
  /// its entries are in use or reserved.
  @inlinable
  static func mayBeFull(atCount count: UInt64) -> Bool {
    Int64(bitPattern: count) >= Int64(Format.entriesPerTable)
  }

  /// The entry that points to a table.
  @inlinable
  static func entry(of table: FrameNumber, isKernel: Bool) -> UInt64 {
    Format.tableEntry(pointingTo: table.address, isKernel: isKernel)
  }

  /// Clears the entry at `slot` that points to an ended table, unless another
  /// CPU has done so already: the one that ended the table, or one that came upon
  /// it and does not wait.
  @inlinable
  @inline(__always)
  func clear(
    _ table: FrameNumber, at slot: PhysicalAddress, isKernel: Bool
  ) throws(P.Interruption) {
    let entry = Self.entry(of: table, isKernel: isKernel)
    // Guard: clear-only-what-is-ended
    _ = try platform.compareExchange(slot, expected: entry, desired: 0)
  }
}
