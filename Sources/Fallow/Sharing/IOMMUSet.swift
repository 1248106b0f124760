// SPDX-License-Identifier: Apache-2.0

/// A set of IOMMUs, by number: 0 to 31.
@frozen
public struct IOMMUSet: Hashable, BitwiseCopyable, Sendable {
  /// One bit for each.
  public var rawValue: UInt32

  /// The IOMMUs whose bits are set.
  ///
  /// - Parameter rawValue: One bit for each IOMMU, the lowest for number 0.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The first `count` IOMMUs.
  ///
  /// - Parameter count: The number of IOMMUs.
  /// - Precondition: `0 <= count && count <= 32`
  @inlinable
  public init(first count: Int) {
    precondition(count >= 0 && count <= 32, "there are 32 IOMMUs at most")
    rawValue = UInt32(truncatingIfNeeded: (1 as UInt64) << UInt64(count) &- 1)
  }

  /// IOMMU `number` alone.
  ///
  /// - Parameter number: The number of the IOMMU.
  /// - Precondition: `0 <= number && number < 32`
  @inlinable
  public init(of number: Int) {
    precondition(number >= 0 && number < 32, "IOMMUs have the numbers 0 to 31")
    rawValue = 1 &<< UInt32(truncatingIfNeeded: number)
  }

  /// No IOMMU.
  @inlinable
  public static var none: Self { Self(rawValue: 0) }

  /// Every IOMMU that there can be.
  @inlinable
  public static var all: Self { Self(rawValue: .max) }

  /// Whether there is none.
  @inlinable
  public var isEmpty: Bool { rawValue == 0 }

  /// Whether IOMMU `number` is one of them; never for a number that is not 0 to
  /// 31.
  ///
  /// - Parameter number: The number of the IOMMU.
  @inlinable
  public func contains(_ number: Int) -> Bool {
    number >= 0 && number < 32
      && rawValue &>> UInt32(truncatingIfNeeded: number) & 1 != 0
  }

  /// Adds IOMMU `number`.
  ///
  /// - Parameter number: The number of the IOMMU, 0 to 31.
  /// - Precondition: `0 <= number && number < 32`
  @inlinable
  public mutating func insert(_ number: Int) {
    rawValue |= Self(of: number).rawValue
  }

  /// Removes IOMMU `number`.
  ///
  /// - Parameter number: The number of the IOMMU, 0 to 31.
  /// - Precondition: `0 <= number && number < 32`
  @inlinable
  public mutating func remove(_ number: Int) {
    rawValue &= ~Self(of: number).rawValue
  }

  /// Adds all of `other`.
  ///
  /// - Parameter other: Another set.
  @inlinable
  public mutating func formUnion(_ other: Self) {
    rawValue |= other.rawValue
  }

  /// Those that are in `other` too.
  ///
  /// - Parameter other: Another set.
  /// - Returns: The IOMMUs in both sets.
  @inlinable
  public func intersection(_ other: Self) -> Self {
    Self(rawValue: rawValue & other.rawValue)
  }

  /// Those that are not in `other`.
  ///
  /// - Parameter other: Another set.
  /// - Returns: The IOMMUs in this set alone.
  @inlinable
  public func subtracting(_ other: Self) -> Self {
    Self(rawValue: rawValue & ~other.rawValue)
  }

  /// The lowest number in the set.
  ///
  /// - Precondition: The set is not empty.
  @inlinable
  public var first: Int { rawValue.trailingZeroBitCount }

  /// Removes the lowest number.
  @inlinable
  public mutating func removeFirst() {
    rawValue &= rawValue &- 1
  }
}
