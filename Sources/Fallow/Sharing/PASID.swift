// SPDX-License-Identifier: Apache-2.0

/// A process address space ID: the number under which a device reaches an
/// address space.
@frozen
public struct PASID: Hashable, BitwiseCopyable, Sendable {
  /// The number, of 20 bits.
  public var rawValue: UInt32

  /// The address space ID `rawValue`.
  ///
  /// - Parameter rawValue: The number, below 2^20.
  @inlinable
  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

extension PASID {
  /// The number of an address space whose devices issue requests *without* a
  /// PASID; it is no PASID, and distinct from all.
  ///
  /// An IOMMU has no other mark for the translations of such a space, so each
  /// has a tag of its own, which the kernel hands out as it does PASIDs. On
  /// RISC-V tags and PASIDs are PSCIDs alike: one space has the tag 5, or the
  /// PASID 5.
  ///
  /// - Parameter tag: The number that the kernel gives the address space.
  /// - Returns: A number that no PASID equals.
  @inlinable
  public static func without(tag: UInt16) -> PASID {
    PASID(1 &<< 31 | UInt32(tag))
  }

  /// The tag of ``without(tag:)``; nil for a PASID.
  @inlinable
  public var tagWithoutPASID: UInt16? {
    rawValue &>> 31 != 0 ? UInt16(truncatingIfNeeded: rawValue) : nil
  }

  /// Whether it is a PASID of 20 bits, or a number that
  /// ``without(tag:)`` made.
  @inlinable
  var isValid: Bool {
    tagWithoutPASID.map { self == .without(tag: $0) } ?? (rawValue >> 20 == 0)
  }

  /// Why an IOMMU that looks up PASIDs of so many bits cannot have this one; nil
  /// if it can, or if it is a number that ``without(tag:)`` made.
  ///
  /// - Parameter bits: 0 to 20.
  @inlinable
  func refusal(atWidth bits: Int) -> BindOutcome? {
    if tagWithoutPASID != nil { return nil }
    guard rawValue &>> UInt32(truncatingIfNeeded: bits) == 0 else {
      return .pasidTooWide
    }
    return self == .reserved ? .pasidReserved : nil
  }

  /// The PASID that is none: a driver finds under it what requests without a
  /// PASID reach.
  @inlinable
  package static var reserved: PASID { PASID(0) }
}
