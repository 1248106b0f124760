// SPDX-License-Identifier: Apache-2.0

/// Remembers the table that the last page was in, so that a run of neighbouring
/// pages walks from the root once a table.
///
/// It stays in a read section from its making to ``finish()``: tables that are
/// retired meanwhile wait for it, so it is for a stretch of work that does not
/// sleep. Others may change the space beside it; a table that comes to its end
/// is noticed by its count, and walked past.
@frozen
public struct Cursor<Format: PageTableFormat, Scheme: ReclamationScheme>:
  ~Copyable
{
  /// The machine it is on.
  public typealias P = Scheme.P

  /// The space that it is a cursor of.
  @usableFromInline package let space:
    AddressSpace<Tables<Format, KernelHalf>, Scheme>

  /// The table of pages that is remembered.
  @usableFromInline var table: PhysicalAddress
  /// The addresses that it translates; none while there is none.
  @usableFromInline var remembered: VirtualRange
  @usableFromInline var isFinished: Bool

  /// A cursor over the kernel's space.
  ///
  /// - Parameter space: The kernel's address space.
  @inlinable
  public init(
    _ space: KernelSpace<Format, Scheme>
  ) where P.Interruption == Never {
    self.init(space.tables)
  }

  /// A cursor that remembers nothing yet.
  @inlinable
  package init(
    _ space: AddressSpace<Tables<Format, KernelHalf>, Scheme>
  ) throws(P.Interruption) {
    self.space = space
    table = space.root.address
    remembered = VirtualRange(start: VirtualAddress(0), size: 0)
    isFinished = false
    try space.platform.enterReadSection()
  }

  @inlinable
  deinit {
    if !isFinished { space.platform.dropped(.cursor, holding: space.root) }
  }

  /// Leaves the read section.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public consuming func finish() throws(P.Interruption) {
    let platform = space.platform
    isFinished = true
    try platform.leaveReadSection()
  }

  /// Maps one page.
  ///
  /// - Parameters:
  ///   - page: The virtual address of the page.
  ///   - address: The physical address that it is mapped to.
  ///   - attributes: What the leaf allows.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Returns: Why it is refused, or nil, as of
  ///   ``KernelSpace/map(_:to:attributes:maxLeafLevel:)``.
  /// - Complexity: O(1) within the table of the page before, else O(levels).
  @inlinable
  @inline(__always)
  public mutating func map(
    _ page: VirtualAddress, to address: PhysicalAddress,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if space.unsupported(attributes) == .none,
      page.rawValue & (FrameNumber.size &- 1)
        | address.rawValue & space.physicalBits(refusedAt: 1) == 0,
      try find(page)
    {
      let offset = page.rawValue &- remembered.start.rawValue
      let slot = table + offset &>> (FrameNumber.shift &- 3)
      if try space.platform.load(slot) == 0,
        try space.incrementEntryCount(
          by: 1, of: FrameNumber(containing: table))
      {
        let entry = Format.leafEntry(
          mapping: address, level: 1, attributes: space.completed(attributes))
        try space.platform.store(entry, to: slot)
        try space.platform.publish(
          VirtualRange(start: page, size: FrameNumber.size), of: nil)
        return nil
      }
    }
    // The table may have come to its end: the next page walks.
    remembered.size = 0
    return try space.mapSlowly(page, to: address, attributes: attributes)
  }

  /// Unmaps one page; its table is retired when it was the last in it.
  ///
  /// - Parameter page: The virtual address of the page.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Returns: Why it is refused, or nil.
  /// - Complexity: O(levels)
  @inlinable
  public mutating func unmap(
    _ page: VirtualAddress
  ) throws(P.Interruption) -> MapError? {
    try space.unmap(VirtualRange(start: page, size: FrameNumber.size))
  }

  /// Walks to the table of `page` unless it is remembered; false if there is
  /// none.
  @inlinable
  @inline(__always)
  mutating func find(_ page: VirtualAddress) throws(P.Interruption) -> Bool {
    if page.rawValue &- remembered.start.rawValue < remembered.size {
      return true
    }
    let found = try space.tableOfPages(at: page)
    if found == .none { return false }
    let span = Format.span(of: 2)
    table = found.address
    remembered = VirtualRange(start: page.alignedDown(to: span), size: span)
    return true
  }
}

extension AddressSpace where Half == KernelHalf {
  /// Maps one page that a cursor could not.
  @inlinable
  @inline(never)
  func mapSlowly(
    _ page: VirtualAddress, to address: PhysicalAddress,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    try map(
      VirtualRange(start: page, size: FrameNumber.size), to: address,
      attributes: attributes, maxLeafLevel: 1)
  }

  /// The table of pages that translates a page, or none.
  ///
  /// Out of line: a cursor needs it once for a table.
  @inlinable
  @inline(never)
  func tableOfPages(
    at page: VirtualAddress
  ) throws(P.Interruption) -> FrameNumber {
    guard Self.addresses.contains(page) else { return .none }
    let place = try descend(to: page, level: 1)
    return place.level == 1 ? place.table : .none
  }
}
