// SPDX-License-Identifier: Apache-2.0

/// The number of a 4 KiB frame of physical memory.
@frozen
public struct FrameNumber: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// The bytes of a frame: 4,096 in every format that Fallow knows.
  @inlinable
  public static var size: UInt64 { 1 << shift }

  /// The binary logarithm of ``size``.
  @inlinable
  public static var shift: UInt64 { 12 }

  /// No frame: the end of a list, an empty token.
  @inlinable
  public static var none: Self { Self(.max) }

  /// The physical address of the frame divided by its size.
  public var rawValue: UInt64

  /// The frame `rawValue` frames from the start of physical memory.
  ///
  /// - Parameter rawValue: The number of the frame.
  @inlinable
  public init(_ rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The frame that holds `address`.
  ///
  /// - Parameter address: A physical address inside the frame.
  @inlinable
  public init(containing address: PhysicalAddress) {
    self.init(address.rawValue &>> Self.shift)
  }

  /// The address of the frame's first byte.
  @inlinable
  public var address: PhysicalAddress {
    PhysicalAddress(rawValue &<< Self.shift)
  }

  /// Whether `lhs` lies below `rhs`.
  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.rawValue < rhs.rawValue
  }
}
