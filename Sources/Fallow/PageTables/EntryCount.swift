// SPDX-License-Identifier: Apache-2.0

/// The count of entries in use in a table, or its end.
///
/// An ended count has ``ended`` set; what is added to it afterwards has no
/// effect on the table, which is on its way out. It goes on counting at least
/// the entries that are not zero, so a frame that comes back with none is zero.
extension AddressSpace {
  @inlinable
  static var ended: UInt64 { DescriptorField.endOfTable }

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
  /// on upwards.
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

  @inlinable
  @inline(never)
  func unlinkIfEmpty(
    _ table: FrameNumber, level: Int, at address: VirtualAddress,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    var table = table
    var level = level
    while level < Format.levels, try end(table, atCount: 0) {
      let parent = try parent(of: level, at: address)
      try clear(
        table, at: Format.slot(for: address, in: parent, level: level &+ 1),
        isKernel: Self.isKernel(address))
      try unlinked.append(table, of: root)
      guard try platform.add(-1, to: .entryCount, of: parent) == 0 else {
        return
      }
      table = parent
      level &+= 1
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
      .entryCount, of: table, expected: count, desired: Self.ended | count)
      == count
  }

  /// Ends a table that went out of reach as it is, for a cursor that remembers
  /// it.
  ///
  /// - Precondition: It has not come to its end.
  @inlinable
  func end(_ table: FrameNumber) throws(P.Interruption) {
    _ = try platform.add(
      Int64(bitPattern: Self.ended), to: .entryCount, of: table)
  }

  /// Clears the entry at `slot` that points to an ended table, unless another
  /// CPU has done so already: the one that ended the table, or one that came upon
  /// it and does not wait.
  @inlinable
  @inline(__always)
  func clear(
    _ table: FrameNumber, at slot: PhysicalAddress, isKernel: Bool
  ) throws(P.Interruption) {
    let entry = Format.tableEntry(
      pointingTo: table.address, isKernel: isKernel)
    // Guard: clear-only-what-is-ended
    _ = try platform.compareExchange(slot, expected: entry, desired: 0)
  }

  /// The table that holds the entry for the table of `level` at `address`,
  /// which stays linked as long as that entry is counted.
  @inlinable
  func parent(
    of level: Int, at address: VirtualAddress
  ) throws(P.Interruption) -> FrameNumber {
    try find(address, level: level &+ 1).table
  }
}
