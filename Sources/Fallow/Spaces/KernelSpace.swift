// SPDX-License-Identifier: Apache-2.0

/// The half of the address space that all share.
///
/// A kernel makes it once, at boot. It is a handle: copies name the same tables,
/// and any CPU may use them.
///
/// ```swift
/// let kernel = try KernelSpace<X86FourLevel, _>(reclaimer)
/// try kernel.map(buffer, to: address, attributes: .kernelData)
/// try kernel.unmap(buffer)  // unlinked, flushed, retired: not yet released
/// reclaimer.reclaim()       // every IOMMU forgets, then the frames go back
/// ```
@frozen
public struct KernelSpace<Format: PageTableFormat, Scheme: ReclamationScheme>:
  AddressSpaceOperations, BitwiseCopyable, Sendable
where Scheme.P.Interruption == Never {
  /// The kernel half.
  public typealias Half = KernelHalf

  /// The tables.
  public let tables: AddressSpace<Tables<Format, KernelHalf>, Scheme>

  /// The space of tables that exist.
  @inlinable
  package init(tables: AddressSpace<Tables<Format, KernelHalf>, Scheme>) {
    self.tables = tables
  }

  /// Makes the kernel's space.
  ///
  /// The root's entries for the kernel half are filled here and are permanent:
  /// every root has a copy of them.
  ///
  /// - Parameters:
  ///   - scheme: What takes the tables that are no longer needed.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  /// - Throws: ``MapError/Kind/outOfFrames``; every frame has gone back then.
  /// - Complexity: O(entries of the root)
  @inlinable
  public init(
    _ scheme: Scheme, emptyTables: EmptyTablePolicy = .free
  ) throws(MapError) {
    guard
      let tables = AddressSpace<Tables<Format, KernelHalf>, Scheme>.make(
        scheme: scheme, emptyTables: emptyTables)
    else { throw MapError(.outOfFrames, at: Format.kernelHalf.start) }
    self.tables = tables
  }

  /// The kernel's space with a root that the library made: for callers that
  /// keep its number and not the space.
  ///
  /// A frame that is not the root of a kernel space of this format is a fault:
  /// ``LifecycleFault/wrongState``, ``LifecycleFault/wrongMark`` or
  /// ``LifecycleFault/outOfRange``.
  ///
  /// - Parameters:
  ///   - root: The root.
  ///   - scheme: What takes the tables that are no longer needed.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  /// - Complexity: O(1)
  @inlinable
  public init(
    of root: FrameNumber, _ scheme: Scheme,
    emptyTables: EmptyTablePolicy = .free
  ) {
    tables = AddressSpace(of: root, scheme: scheme, emptyTables: emptyTables)
  }

  /// What takes the tables that are no longer needed.
  @inlinable
  public var scheme: Scheme { tables.scheme }

  /// Maps a range.
  ///
  /// Each piece gets the largest leaf of at most `maxLeafLevel` that its
  /// alignment allows. Where an empty table is linked and a larger leaf fits,
  /// the table makes way: its entry is cleared, the CPUs flush, it is retired,
  /// and then the leaf is written.
  ///
  /// Sleeps where it takes frames for tables and the scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - address: The physical address of the first page.
  ///   - attributes: What the leaves allow.
  ///   - maxLeafLevel: The highest level of leaves.
  /// - Throws: ``MapError``. Everything before the address that it names is
  ///   mapped then, and nothing from there on has changed.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  @inline(__always)
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(MapError) {
    let error = tables.map(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
    if let error { throw error }
  }

  /// Maps a range with reserved frames for its tables; does not sleep.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - address: The physical address of the first page.
  ///   - attributes: What the leaves allow.
  ///   - maxLeafLevel: The highest level of leaves.
  ///   - reserved: Frames from ``reserve(for:to:maxLeafLevel:)``.
  /// - Throws: ``MapError``, as ``map(_:to:attributes:maxLeafLevel:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    from reserved: inout ReservedFrames<P>
  ) throws(MapError) {
    let error = tables.map(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      from: &reserved)
    if let error { throw error }
  }

  /// Maps a range, and replaces tables that it fills by larger leaves.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - address: The physical address of the first page.
  ///   - attributes: What the leaves allow.
  ///   - maxLeafLevel: The highest level of leaves.
  /// - Throws: ``MapError``, as ``map(_:to:attributes:maxLeafLevel:)``.
  /// - Complexity: O(pages + entries of a table)
  @inlinable
  public func mapCollapsing(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(MapError) {
    let error = tables.mapCollapsing(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
    if let error { throw error }
  }

  /// Unmaps a range, and retires the tables that this leaves empty.
  ///
  /// The CPUs have flushed the range when it returns, and the worker releases
  /// the tables. Legal with interrupts off; does not sleep.
  ///
  /// - Parameter range: Virtual addresses of the kernel half, made of whole
  ///   pages.
  /// - Throws: ``MapError/Kind/partialLeaf``, ``MapError/Kind/invalidAddress``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  @inline(__always)
  public func unmap(_ range: VirtualRange) throws(MapError) {
    if let error = tables.unmap(range) { throw error }
  }

  /// Unmaps a range, and shows each leaf that was there to a visitor.
  ///
  /// A leaf is shown after its entry was cleared, or the CPUs had flushed the
  /// table that held it: what CPUs recorded in it, accessed or dirty, is final.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - visitor: Receives each leaf; must not sleep.
  /// - Throws: ``MapError``, as ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    let error = tables.unmap(range, into: &unlinked, visiting: &visitor)
    scheme.retire(unlinked)
    if let error { throw error }
  }

  /// Replaces a full table by one leaf that says the same, and retires it.
  ///
  /// - Parameters:
  ///   - address: A virtual address of the kernel half.
  ///   - level: The level of the leaf, 2 or more.
  ///   - breaks: Whether the entry may be absent for a moment, where the
  ///     architecture demands break-before-make.
  /// - Throws: ``MapError/Kind/notMapped`` if there is no table that one leaf
  ///   could replace, ``MapError/Kind/requiresBreakBeforeMake``,
  ///   ``MapError/Kind/bound``.
  /// - Complexity: O(levels + entries of a table)
  @inlinable
  public func collapse(
    at address: VirtualAddress, level: Int, breaks: Bool = false
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    let error = tables.collapse(
      at: address, level: level, breaks: breaks, into: &unlinked)
    scheme.retire(unlinked)
    if let error { throw error }
  }

  /// Unlinks a table in which nothing is mapped, and retires it.
  ///
  /// - Parameters:
  ///   - address: A virtual address of the kernel half.
  ///   - level: The level of the table that holds the entry.
  /// - Throws: ``MapError/Kind/notMapped`` if there is no such table, or one in
  ///   which something is mapped.
  /// - Complexity: O(levels + tables below)
  @inlinable
  public func detach(
    at address: VirtualAddress, level: Int
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    let error = tables.detach(at: address, level: level, into: &unlinked)
    scheme.retire(unlinked)
    if let error { throw error }
  }

  /// Ends the space: its tables and its root go back.
  ///
  /// No CPU runs on it any more, and no copy of the handle is used again. Sleeps
  /// until the readers have left.
  ///
  /// - Throws: ``EndError`` while something is mapped, a device is bound, or a
  ///   user space shares the half. Nothing has changed then.
  /// - Complexity: O(tables + CPUs)
  @inlinable
  public consuming func end() throws(EndError) {
    if let error = tables.end() { throw error }
  }
}
