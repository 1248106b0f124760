// SPDX-License-Identifier: Apache-2.0

extension AddressSpaceOperations where Self: ~Copyable {
  /// Replaces one leaf, for a copy on write: the old frame is handed out.
  ///
  /// - Parameters:
  ///   - address: The first virtual address of the leaf.
  ///   - level: The level of the leaf.
  ///   - target: The physical memory, aligned to the leaf.
  ///   - attributes: What the new leaf allows and records.
  ///   - breaks: Whether the leaf may be absent for a moment, where the
  ///     architecture demands break-before-make.
  ///   - old: Is set to the old leaf. Its memory may be used again once what is
  ///     returned is invalidated.
  /// - Returns: What devices may still use: the old leaf.
  /// - Throws: ``MapError``. Nothing has changed then.
  /// - Complexity: O(levels)
  @inlinable
  public func remap(
    _ address: VirtualAddress, level: Int = 1, to target: PhysicalAddress,
    attributes: LeafAttributes, breaks: Bool = false,
    replaced old: inout MappedLeaf?
  ) throws(MapError) -> StaleRange<P> {
    let error = tables.remap(
      address, level: level, to: target, attributes: attributes,
      breaks: breaks, replaced: &old)
    if let error { throw error }
    let range = VirtualRange(start: address, size: Format.span(of: level))
    return stale(range, isStale: true)
  }

  /// Takes accessed and dirty bits, and shows each leaf that had one to a
  /// visitor as it was.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of this half, made of whole pages.
  ///   - bits: ``LeafAttributes/accessed``, ``LeafAttributes/dirty``, or both.
  ///   - visitor: Receives each leaf, after its bits were taken.
  /// - Returns: What devices may still use without recording it again; empty if
  ///   no leaf had one of the bits.
  /// - Throws: ``MapError``. Nothing has changed then.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func harvest<Visitor: LeafVisitor>(
    _ range: VirtualRange, bits: LeafAttributes = .walkerWritten,
    visiting visitor: inout Visitor
  ) throws(MapError) -> StaleRange<P> {
    var taken = LeafAttributes.none
    let error = tables.harvest(
      range, bits: bits, visiting: &visitor, taken: &taken)
    if let error { throw error }
    return stale(range, isStale: taken != .none)
  }

  /// The range if it is stale, and else an empty one.
  @inlinable
  @inline(__always)
  func stale(_ range: VirtualRange, isStale: Bool) -> StaleRange<P> {
    var stale = StaleRange(on: platform)
    if isStale {
      stale.insert(range, of: root, isKernel: Half.isKernel)
    }
    return stale
  }
}
