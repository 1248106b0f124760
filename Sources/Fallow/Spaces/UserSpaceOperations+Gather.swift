// SPDX-License-Identifier: Apache-2.0

extension UserSpaceOperations where Self: ~Copyable {
  /// Unmaps a range, and adds what devices may still hold of it to `stale`: one
  /// invalidation for many calls.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the user half, made of whole pages.
  ///   - stale: What is stale of this space; empty, or of earlier calls.
  ///   - visitor: Receives each leaf; must not sleep.
  /// - Throws: ``MapError``, as ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap<Visitor: LeafVisitor>(
    _ range: VirtualRange, into stale: inout StaleRange<P>,
    visiting visitor: inout Visitor
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    let error = tables.unmap(range, into: &unlinked, visiting: &visitor)
    if error == nil { stale.insert(range, of: root, isKernel: false) }
    stale.insert(unlinked)
    if let error { throw error }
  }

  /// Replaces a full table by one leaf that says the same, and adds the table to
  /// `stale`.
  ///
  /// - Parameters:
  ///   - address: A virtual address of the user half.
  ///   - level: The level of the leaf, 2 or more.
  ///   - breaks: Whether the entry may be absent for a moment, where the
  ///     architecture demands break-before-make.
  ///   - stale: What is stale of this space; empty, or of earlier calls.
  /// - Throws: ``MapError/Kind/notCollapsible``,
  ///   ``MapError/Kind/requiresBreakBeforeMake``. Nothing has changed then.
  /// - Complexity: O(levels + entries of a table)
  @inlinable
  public func collapse(
    at address: VirtualAddress, level: Int, breaks: Bool = false,
    into stale: inout StaleRange<P>
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    let error = tables.collapse(
      at: address, level: level, breaks: breaks, into: &unlinked)
    if error == nil {
      stale.insert(
        tables.stretch(at: address, level: level), of: root, isKernel: false)
    }
    stale.insert(unlinked)
    if let error { throw error }
  }

  /// Maps a range with reserved frames for its tables; does not sleep.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the user half, made of whole pages.
  ///   - address: The physical address of the first page.
  ///   - attributes: What the leaves allow.
  ///   - maxLeafLevel: The highest level of leaves.
  ///   - reserved: Frames from
  ///     ``AddressSpaceOperations/reserve(for:to:maxLeafLevel:)``.
  /// - Throws: ``MapError``, as ``map(_:to:attributes:maxLeafLevel:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    from reserved: inout ReservedFrames<P>
  ) throws(MapError) {
    // A space that keeps empty tables unlinks none.
    var none = UnlinkedTables<P, UserHalf>(on: platform)
    let error = tables.keepingEmptyTables.map(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      into: &none, from: &reserved)
    none.forget()
    if let error { throw error }
  }
}
