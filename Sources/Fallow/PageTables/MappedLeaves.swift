// SPDX-License-Identifier: Apache-2.0

/// A leaf, and where it is.
@frozen
public struct MappedLeaf: Equatable, BitwiseCopyable, Sendable {
  /// The addresses that it maps.
  public var range: VirtualRange
  /// Where the first of them leads.
  public var address: PhysicalAddress
  /// What it allows and records.
  public var attributes: LeafAttributes

  /// A leaf that maps `range` to the physical addresses from `address` on.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - address: The physical address of the first byte.
  ///   - attributes: What the leaf allows and records.
  @inlinable
  public init(
    range: VirtualRange, address: PhysicalAddress, attributes: LeafAttributes
  ) {
    self.range = range
    self.address = address
    self.attributes = attributes
  }
}

/// Goes from leaf to leaf; each step walks from the root, so that nothing is
/// held between two of them.
@frozen
public struct MappedLeaves<Kind: TableKind, Scheme: ReclamationScheme>:
  BitwiseCopyable, Sendable
{
  @usableFromInline let space: AddressSpace<Kind, Scheme>
  @usableFromInline var rest: VirtualRange

  @inlinable
  init(of space: AddressSpace<Kind, Scheme>, in range: VirtualRange) {
    self.space = space
    rest = range
  }

  /// The next leaf, or nil after the last.
  ///
  /// - Complexity: O(pages between two leaves)
  @inlinable
  public mutating func next() throws(Scheme.P.Interruption) -> MappedLeaf? {
    guard let leaf = try space.firstLeaf(in: rest) else {
      rest.size = 0
      return nil
    }
    let done = min(
      rest.size, leaf.range.last.rawValue &- rest.start.rawValue &+ 1)
    rest = VirtualRange(start: rest.start + done, size: rest.size &- done)
    return leaf
  }
}
