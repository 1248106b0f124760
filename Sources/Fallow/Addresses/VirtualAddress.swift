// SPDX-License-Identifier: Apache-2.0

/// An address that a CPU or a device translates, in bytes.
///
/// Canonical addresses are sign-extended: the kernel half of the address
/// space is its upper end.
@frozen
public struct VirtualAddress: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// The address, in bytes.
  public var rawValue: UInt64

  /// The virtual address `rawValue`.
  ///
  /// - Parameter rawValue: The address in bytes.
  @inlinable
  public init(_ rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Whether `lhs` lies below `rhs`, as unsigned numbers.
  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.rawValue < rhs.rawValue
  }

  /// The address `offset` bytes further on, wrapping at the top of the space.
  @inlinable
  public static func + (lhs: Self, offset: UInt64) -> Self {
    Self(lhs.rawValue &+ offset)
  }

  /// The first byte of the naturally aligned block of `size` bytes around this
  /// address.
  ///
  /// - Parameter size: A power of two, in bytes.
  /// - Precondition: `size` is a power of two.
  @inlinable
  public func alignedDown(to size: UInt64) -> Self {
    Self(rawValue & ~(size &- 1))
  }
}
