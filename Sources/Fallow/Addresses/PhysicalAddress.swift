// SPDX-License-Identifier: Apache-2.0

/// An address in physical memory, in bytes.
@frozen
public struct PhysicalAddress: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// The address, in bytes from the start of physical memory.
  public var rawValue: UInt64

  /// The physical address `rawValue` bytes from the start of memory.
  ///
  /// - Parameter rawValue: The address in bytes.
  @inlinable
  public init(_ rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Whether `lhs` lies below `rhs`.
  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.rawValue < rhs.rawValue
  }

  /// The address `offset` bytes further on, wrapping.
  @inlinable
  public static func + (lhs: Self, offset: UInt64) -> Self {
    Self(lhs.rawValue &+ offset)
  }
}
