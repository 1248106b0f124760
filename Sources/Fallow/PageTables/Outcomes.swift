// SPDX-License-Identifier: Apache-2.0

/// Where an address leads.
@frozen
public struct Translation: Equatable, BitwiseCopyable, Sendable {
  /// The physical address.
  public var address: PhysicalAddress
  /// The level of the leaf; 1 is the smallest.
  public var level: Int
  /// What the leaf allows.
  public var attributes: LeafAttributes

  /// A translation to `address` through a leaf of `level`.
  ///
  /// - Parameters:
  ///   - address: The physical address.
  ///   - level: The level of the leaf's table.
  ///   - attributes: What the leaf allows and records.
  @inlinable
  public init(
    address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) {
    self.address = address
    self.level = level
    self.attributes = attributes
  }
}

/// What becomes of a table when its last entry is cleared.
@frozen
public enum EmptyTablePolicy: UInt8, BitwiseCopyable, Sendable {
  /// It is unlinked and retired.
  case free
  /// It stays linked until a larger leaf takes its place, as in Linux.
  case keep
}
