// SPDX-License-Identifier: Apache-2.0

/// Receives leaf entries in the order of their addresses.
///
/// It receives the entry's word and decodes it by the format, so that a visitor
/// that needs the physical address alone does not pay for the attributes.
public protocol LeafVisitor {
  /// Whether it looks at leaves at all.
  ///
  /// Where it is false, tables that are unmapped as a whole are not read.
  static var looksAtLeaves: Bool { get }

  /// Sees the leaf that stands in `entry` of a table of `level` and maps
  /// `address`.
  ///
  /// - Parameters:
  ///   - entry: The leaf entry; the format decodes it.
  ///   - level: The level of its table.
  ///   - address: The first virtual address that it maps.
  mutating func visit(_ entry: UInt64, level: Int, at address: VirtualAddress)
}

extension LeafVisitor {
  /// True.
  @inlinable
  public static var looksAtLeaves: Bool { true }
}

/// Looks at nothing.
@frozen
public struct NoVisitor: LeafVisitor {
  /// A visitor that looks at nothing.
  @inlinable
  public init() {}

  /// False.
  @inlinable
  public static var looksAtLeaves: Bool { false }

  /// Nothing.
  @inlinable
  public func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {}
}
