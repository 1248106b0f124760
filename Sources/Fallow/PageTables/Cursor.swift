// SPDX-License-Identifier: Apache-2.0

/// Remembers the table that the last page was in, so that a run of neighbouring
/// pages walks from the root once a table, and reserves in that table what the
/// table is going to count.
///
/// Two CPUs that map or unmap pages of one table by a cursor each do not pass the
/// cache line of the table's count to and fro for each page, as they do by single
/// calls. <doc:TheLifeOfATable> says why that is safe. A cursor belongs to one
/// thread.
///
/// It stays in a read section from its making to ``finish()``: tables that are
/// retired meanwhile wait for it, so it is for a stretch of work that does not
/// sleep. Others may change the space beside it. The caller may give addresses
/// back before the cursor is finished: the cursor notices by the count that a
/// table has come to its end, and walks from the root again.
@frozen
public struct Cursor<Format: PageTableFormat, Scheme: ReclamationScheme>:
  ~Copyable
{
  /// The machine it is on.
  public typealias P = Scheme.P

  /// The space that it is a cursor of.
  @usableFromInline package let space:
    AddressSpace<Tables<Format, KernelHalf>, Scheme>

  /// The table of pages that is remembered, if there is one.
  @usableFromInline var table: RememberedTable
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
    table = .none
    isFinished = false
    try space.platform.enterReadSection()
  }

  @inlinable
  deinit {
    if !isFinished { space.platform.dropped(.cursor, holding: space.root) }
  }

  /// Hands back what it has reserved, and leaves the read section.
  ///
  /// A table that this leaves empty is retired.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public consuming func finish() throws(P.Interruption) {
    let space = space
    var table = table
    isFinished = true
    try space.handBack(&table)
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
      try space.mapReserved(
        page, to: address, attributes: attributes, in: &table)
    {
      return nil
    }
    var left = table
    let error = try space.map(
      page, to: address, attributes: attributes, leaving: &left)
    table = left
    return error
  }

  /// Unmaps one page.
  ///
  /// Its table stays while the cursor stands in it. It is retired, if nothing is
  /// mapped in it then, when the cursor moves to another table or finishes.
  ///
  /// - Parameter page: The virtual address of the page.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Returns: Why it is refused, or nil.
  /// - Complexity: O(1) within the table of the page before, else O(levels).
  @inlinable
  @inline(__always)
  public mutating func unmap(
    _ page: VirtualAddress
  ) throws(P.Interruption) -> MapError? {
    if page.rawValue & (FrameNumber.size &- 1) == 0,
      try space.unmapReserved(page, in: &table)
    {
      return nil
    }
    var left = table
    let error = try space.unmap(page, leaving: &left)
    table = left
    return error
  }
}
