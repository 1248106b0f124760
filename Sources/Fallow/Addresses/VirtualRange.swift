// SPDX-License-Identifier: Apache-2.0

/// A run of virtual addresses.
///
/// It is kept as start and size, since the end of the last page of the kernel
/// half is not a number that 64 bits can hold.
@frozen
public struct VirtualRange: Hashable, BitwiseCopyable, Sendable {
  /// The first address.
  public var start: VirtualAddress

  /// How many bytes it covers.
  public var size: UInt64

  /// The `size` bytes from `start` on.
  ///
  /// - Parameters:
  ///   - start: The first address.
  ///   - size: The number of bytes.
  @inlinable
  public init(start: VirtualAddress, size: UInt64) {
    self.start = start
    self.size = size
  }

  /// Whether it covers nothing.
  @inlinable
  public var isEmpty: Bool { size == 0 }

  /// The last address.
  ///
  /// - Precondition: The range is not empty.
  @inlinable
  public var last: VirtualAddress { start + (size &- 1) }

  /// Whether `address` lies in the range.
  ///
  /// - Parameter address: A virtual address.
  @inlinable
  public func contains(_ address: VirtualAddress) -> Bool {
    address.rawValue &- start.rawValue < size
  }

  /// The smallest range that covers this one and `other`.
  ///
  /// - Precondition: Neither is empty.
  @inlinable
  func hull(with other: Self) -> Self {
    let first = min(start, other.start)
    return Self(
      start: first,
      size: max(last, other.last).rawValue &- first.rawValue &+ 1)
  }

  /// Whether some address lies in both ranges.
  ///
  /// - Parameter other: Another range.
  @inlinable
  public func overlaps(_ other: Self) -> Bool {
    contains(other.start) && !other.isEmpty
      || other.contains(start) && !isEmpty
  }
}
