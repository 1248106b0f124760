// SPDX-License-Identifier: Apache-2.0

/// The table of pages in which a cursor stands, and what it has reserved there.
@frozen
@usableFromInline
struct RememberedTable: BitwiseCopyable {
  /// The table.
  @usableFromInline let frame: FrameNumber
  /// Where the entry of the page at address 0 would be.
  @usableFromInline let entries: PhysicalAddress
  /// The bits in which the addresses that it translates agree; all bits, as of no
  /// table's, while none is remembered.
  @usableFromInline let stretch: UInt64
  /// The address of the entry that pointed to it when it was found.
  @usableFromInline let above: PhysicalAddress
  /// How many entries it counts for the cursor that are not in use.
  @usableFromInline var reserved: UInt64

  @inlinable
  init(
    frame: FrameNumber, entries: PhysicalAddress, stretch: UInt64,
    above: PhysicalAddress, reserved: UInt64
  ) {
    self.frame = frame
    self.entries = entries
    self.stretch = stretch
    self.above = above
    self.reserved = reserved
  }

  /// No table.
  @inlinable
  static var none: Self {
    Self(
      frame: .none, entries: PhysicalAddress(0), stretch: ~0,
      above: PhysicalAddress(0), reserved: 0)
  }
}

/// A cursor's steps inside its table.
extension AddressSpace where Half == KernelHalf {
  /// Maps a page in the table that is remembered; false if that is another
  /// table, or has come to its end, or the entry is in use, or nothing is
  /// reserved any more: then nothing has changed.
  ///
  /// The arguments are valid.
  @inlinable
  @inline(__always)
  func mapReserved(
    _ page: VirtualAddress, to address: PhysicalAddress,
    attributes: LeafAttributes, in table: inout RememberedTable
  ) throws(P.Interruption) -> Bool {
    guard _fastPath(Self.stretch(of: page) == table.stretch) else {
      return false
    }
    let slot = Self.slot(of: page, in: table)
    guard try _fastPath(platform.load(slot) == 0),
      try _fastPath(!hasEnded(table)), _fastPath(table.reserved > 0)
    else { return false }
    table.reserved &-= 1
    try platform.store(
      Format.leafEntry(
        mapping: address, level: 1, attributes: completed(attributes)),
      to: slot)
    // Guard: map-publishes
    try platform.publish(
      VirtualRange(start: page, size: FrameNumber.size), of: nil)
    return true
  }

  /// Unmaps a page in the table that is remembered; false if that is another
  /// table, or has come to its end: then nothing has changed.
  @inlinable
  @inline(__always)
  func unmapReserved(
    _ page: VirtualAddress, in table: inout RememberedTable
  ) throws(P.Interruption) -> Bool {
    guard _fastPath(Self.stretch(of: page) == table.stretch),
      try _fastPath(!hasEnded(table))
    else { return false }
    let slot = Self.slot(of: page, in: table)
    // An exchange is the full fence before the CPUs flush.
    if try platform.exchange(0, at: slot) == 0 { return true }
    table.reserved &+= 1
    try platform.flush(
      VirtualRange(start: page, size: FrameNumber.size), of: nil, .leaves)
    return true
  }

  /// Whether a table that is remembered has come to its end.
  @inlinable
  @inline(__always)
  func hasEnded(
    _ table: RememberedTable
  ) throws(P.Interruption) -> Bool {
    let count = try platform.load(.entryCount, of: table.frame)
    // Guard: look-for-the-end
    return count & Self.ended != 0
  }

  /// The bits in which all addresses of a table of pages agree.
  @inlinable
  @inline(__always)
  static func stretch(of page: VirtualAddress) -> UInt64 {
    page.rawValue &>> Format.spanShift(of: 2)
  }

  /// How far apart the entries of a page and of the page at address 0 would be.
  @inlinable
  @inline(__always)
  static func distance(of page: VirtualAddress) -> UInt64 {
    page.rawValue &>> (FrameNumber.shift &- 3)
  }

  @inlinable
  @inline(__always)
  static func slot(
    of page: VirtualAddress, in table: RememberedTable
  ) -> PhysicalAddress {
    table.entries + distance(of: page)
  }
}

/// What a cursor does mostly once for a table, out of line.
extension AddressSpace where Half == KernelHalf {
  /// Hands back what a cursor has reserved in a table, unlinks and retires the
  /// table if nothing is left in it, and leaves the read section.
  ///
  /// No table is remembered afterwards.
  @inlinable
  @inline(never)
  func handBack(_ table: inout RememberedTable) throws(P.Interruption) {
    defer { table = .none }
    // Guard: hand-back-what-is-reserved
    if table.reserved > 0,
      try platform.add(
        0 &- Int64(bitPattern: table.reserved), to: .entryCount,
        of: table.frame) == 0,
      emptyTables == .free
    {
      return try retireIfEmpty(
        Place(
          slot: table.frame.address, entry: 0, level: 1, above: table.above),
        at: VirtualRange(
          start: VirtualAddress(table.stretch &<< Format.spanShift(of: 2)),
          size: FrameNumber.size))
    }
    try platform.leaveReadSection()
  }

  /// Comes to the table of pages that translates `page`, and reserves as many
  /// entries there as a table has; none if no such table is linked.
  ///
  /// The caller is in a read section.
  @inlinable
  @inline(never)
  func reserve(
    inTableOf page: VirtualAddress
  ) throws(P.Interruption) -> RememberedTable {
    guard Self.addresses.contains(page) else { return .none }
    let place = try find(page, level: 1)
    // Guard: reserve-before-writing
    guard place.level == 1,
      try incrementEntryCount(by: Format.entriesPerTable, of: place.table)
    else { return .none }
    return RememberedTable(
      frame: place.table,
      entries: PhysicalAddress(
        place.slot.rawValue &- Self.distance(of: page)),
      stretch: Self.stretch(of: page), above: place.above,
      reserved: UInt64(Format.entriesPerTable))
  }

  /// Maps one page that a cursor could not map in its table: in another, or by
  /// the general path.
  @inlinable
  @inline(never)
  func map(
    _ page: VirtualAddress, to address: PhysicalAddress,
    attributes: LeafAttributes, leaving table: inout RememberedTable
  ) throws(P.Interruption) -> MapError? {
    let isElsewhere = Self.stretch(of: page) != table.stretch
    try handBack(&table)
    let range = VirtualRange(start: page, size: FrameNumber.size)
    if isElsewhere,
      refusal(
        of: range, to: address, attributes: attributes, maxLeafLevel: 1) == nil
    {
      try platform.enterReadSection()
      table = try reserve(inTableOf: page)
      if try mapReserved(
        page, to: address, attributes: attributes, in: &table)
      {
        return nil
      }
      try handBack(&table)
    }
    let error = try map(
      range, to: address, attributes: attributes, maxLeafLevel: 1)
    try platform.enterReadSection()
    return error
  }

  /// Unmaps one page that a cursor could not unmap in its table: in another, or
  /// by the general path.
  @inlinable
  @inline(never)
  func unmap(
    _ page: VirtualAddress, leaving table: inout RememberedTable
  ) throws(P.Interruption) -> MapError? {
    let isElsewhere = Self.stretch(of: page) != table.stretch
    try handBack(&table)
    let range = VirtualRange(start: page, size: FrameNumber.size)
    if isElsewhere, refusal(of: range) == nil {
      try platform.enterReadSection()
      table = try reserve(inTableOf: page)
      if try unmapReserved(page, in: &table) { return nil }
      try handBack(&table)
    }
    let error = try unmap(range)
    try platform.enterReadSection()
    return error
  }
}
