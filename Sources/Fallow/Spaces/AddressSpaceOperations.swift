// SPDX-License-Identifier: Apache-2.0

/// What can be done with an address space of either half.
///
/// Operations on ranges that do not overlap may run at the same time on any
/// CPUs; the caller keeps operations on overlapping ranges apart, as the
/// allocator of those addresses does. Readers may run at any time.
///
/// An operation that throws ``MapError`` names the address at which it stopped.
public protocol AddressSpaceOperations<Format, Scheme>: ~Copyable {
  /// The format of the tables.
  associatedtype Format: PageTableFormat

  /// What takes the tables that are no longer needed.
  associatedtype Scheme: ReclamationScheme where Scheme.P.Interruption == Never

  /// The half whose addresses it translates.
  associatedtype Half: AddressHalf

  /// The tables.
  var tables: AddressSpace<Tables<Format, Half>, Scheme> { get }
}

extension AddressSpaceOperations where Self: ~Copyable {
  /// The machine it is on.
  public typealias P = Scheme.P

  /// The root of the tables: what a CPU's register or an IOMMU's structure
  /// points to.
  @inlinable
  public var root: FrameNumber { tables.root }

  /// The machine it is on.
  @inlinable
  public var platform: P { tables.platform }

  /// The virtual addresses that it translates.
  @inlinable
  public static var addresses: VirtualRange {
    AddressSpace<Tables<Format, Half>, Scheme>.addresses
  }

  /// The highest level of leaves: 1 is the smallest.
  @inlinable
  public static var maxLeafLevel: Int {
    AddressSpace<Tables<Format, Half>, Scheme>.maxLeafLevel
  }

  /// The physical address to which `address` leads.
  ///
  /// Takes no lock; the release of tables waits for it.
  ///
  /// - Parameter address: A virtual address.
  /// - Returns: The translation; nil if nothing is mapped there, or the address
  ///   is not one of this space.
  /// - Complexity: O(levels)
  @inlinable
  @inline(__always)
  public func translate(_ address: VirtualAddress) -> Translation? {
    tables.translate(address)
  }

  /// Shows every leaf of a range to a visitor, lowest address first.
  ///
  /// The visitor runs in a read section: it must not sleep, and must not change
  /// the space.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of this half, made of whole pages.
  ///   - visitor: Receives each leaf as it stands in its table.
  /// - Throws: ``MapError/Kind/invalidAddress``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func walk<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) throws(MapError) {
    if let error = tables.walk(range, visiting: &visitor) { throw error }
  }

  /// The first leaf that reaches into a range.
  ///
  /// - Parameter range: Virtual addresses of this half, made of whole pages.
  /// - Returns: The leaf, or nil if nothing is mapped in the range.
  /// - Throws: ``MapError/Kind/invalidAddress``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func firstLeaf(
    in range: VirtualRange
  ) throws(MapError) -> MappedLeaf? {
    if let error = tables.refusal(of: range) { throw error }
    return tables.firstLeaf(in: range)
  }

  /// The first addresses of a range at which nothing is mapped.
  ///
  /// - Parameter range: Virtual addresses of this half, made of whole pages.
  /// - Returns: The hole, up to the next leaf or the end of the range; empty if
  ///   all of it is mapped.
  /// - Throws: ``MapError/Kind/invalidAddress``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func firstHole(
    in range: VirtualRange
  ) throws(MapError) -> VirtualRange {
    if let error = tables.refusal(of: range) { throw error }
    return tables.firstHole(in: range)
  }

  /// The leaves of a range, lowest address first.
  ///
  /// - Parameter range: Virtual addresses of this half, made of whole pages.
  /// - Throws: ``MapError/Kind/invalidAddress``.
  @inlinable
  public func leaves(
    in range: VirtualRange
  ) throws(MapError) -> MappedLeaves<Tables<Format, Half>, Scheme> {
    if let error = tables.refusal(of: range) { throw error }
    return tables.leaves(in: range)
  }

  /// What stands in the entry of `level` at an address.
  ///
  /// - Returns: What stands in the entry.
  /// - Parameters:
  ///   - address: A virtual address of this half.
  ///   - level: The level of the table that holds the entry.
  /// - Complexity: O(levels)
  @inlinable
  public func entryKind(at address: VirtualAddress, level: Int) -> EntryKind {
    tables.entryKind(at: address, level: level)
  }

  /// Takes the frames that a map of `range` may need, so that
  /// a map from them neither sleeps nor fails for want of frames.
  ///
  /// Sleeps where the scheme's limit is reached.
  ///
  /// - Returns: The frames; nil if there are not as many.
  /// - Parameters:
  ///   - range: Virtual addresses of this half, made of whole pages.
  ///   - address: The physical address to be mapped there.
  ///   - maxLeafLevel: The highest level of leaves.
  /// - Throws: ``MapError/Kind/outOfFrames``; nothing is taken then.
  /// - Complexity: O(pages)
  @inlinable
  public func reserve(
    for range: VirtualRange, to address: PhysicalAddress,
    maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(MapError) -> ReservedFrames<P> {
    if let error = tables.refusal(
      of: range, to: address, maxLeafLevel: maxLeafLevel)
    {
      throw error
    }
    guard
      let frames = tables.reserve(
        for: range, to: address, maxLeafLevel: maxLeafLevel)
    else { throw MapError(.outOfFrames, at: range.start) }
    return frames
  }

  /// Replaces a leaf of `level` by a table of leaves that say the same.
  ///
  /// Sleeps where the scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - address: A virtual address under the leaf.
  ///   - level: The level of the leaf, 2 or more.
  ///   - breaks: Whether the leaf may be absent for a moment, where the
  ///     architecture demands break-before-make.
  /// - Throws: ``MapError/Kind/notMapped`` if there is no such leaf,
  ///   ``MapError/Kind/outOfFrames``,
  ///   ``MapError/Kind/requiresBreakBeforeMake``,
  ///   ``MapError/Kind/bound``. Nothing has changed then.
  /// - Complexity: O(levels + entries of a table)
  @inlinable
  public func split(
    at address: VirtualAddress, level: Int, breaks: Bool = false
  ) throws(MapError) {
    if let error = tables.split(at: address, level: level, breaks: breaks) {
      throw error
    }
  }
}
