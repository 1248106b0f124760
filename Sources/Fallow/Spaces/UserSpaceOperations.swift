// SPDX-License-Identifier: Apache-2.0

/// What can be done with the user half of an address space, by its owner
/// ``UserSpace`` or through a ``UserSpaceHandle``.
public protocol UserSpaceOperations<Format, Scheme>: AddressSpaceOperations,
  ~Copyable
where Half == UserHalf {}

extension UserSpaceOperations where Self: ~Copyable {
  /// Maps a range.
  ///
  /// Each piece gets the largest leaf of at most `maxLeafLevel` that its
  /// alignment allows. A table never makes way for a larger leaf.
  ///
  /// Sleeps where the scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the user half, made of whole pages.
  ///   - address: The physical address of the first page.
  ///   - attributes: What the leaves allow.
  ///   - maxLeafLevel: The highest level of leaves.
  /// - Throws: ``MapError``. Everything before the address that it names is
  ///   mapped then, and nothing from there on has changed.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(MapError) {
    let error = tables.keepingEmptyTables.mapKeeping(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
    if let error { throw error }
  }

  /// Unmaps a range.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Parameter range: Virtual addresses of the user half, made of whole pages.
  /// - Returns: What devices may still hold: invalidate it before the frames
  ///   behind the leaves are used again.
  /// - Throws: ``MapError/Kind/partialLeaf``, ``MapError/Kind/invalidAddress``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange
  ) throws(MapError) -> StaleRange<P> {
    var stale = StaleRange(on: platform)
    if let error = tables.unmap(range, into: &stale) {
      stale.forget()
      throw error
    }
    return stale
  }
}
