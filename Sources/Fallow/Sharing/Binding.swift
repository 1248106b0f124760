// SPDX-License-Identifier: Apache-2.0

/// Under which PASID, on which IOMMUs and by how many devices an address space
/// is shared: a word of its root's descriptor.
///
/// | bits | what |
/// | --- | --- |
/// | 0 to 31 | the IOMMUs |
/// | 32 to 51 | the PASID, or the tag of requests without one |
/// | 52 | the number is a tag |
/// | 53 to 63 | the devices |
@frozen
public struct Binding: Equatable, BitwiseCopyable, Sendable {
  /// The word of the root's descriptor; 0 if no device shares the space.
  public var rawValue: UInt64

  /// The binding in a word of a descriptor.
  ///
  /// - Parameter rawValue: The word.
  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// A binding of `devices` devices under `pasid`, behind `iommus`.
  ///
  /// - Precondition: The PASID has at most 20 bits, and `devices` is at most
  ///   ``mostDevices``.
  @inlinable
  package init(pasid: PASID, iommus: IOMMUSet, devices: Int) {
    let isTag = pasid.tagWithoutPASID != nil
    let number = UInt64(pasid.rawValue) & Self.numberMask
    rawValue =
      UInt64(iommus.rawValue) | number &<< 32 | (isTag ? 1 &<< 52 : 0)
      | UInt64(truncatingIfNeeded: devices) &<< 53
  }

  @inlinable
  static var numberMask: UInt64 { 1 &<< 20 &- 1 }

  /// How many devices can share one address space.
  @inlinable
  public static var mostDevices: Int { 1 &<< 11 &- 1 }

  /// The number under which devices reach the space.
  @inlinable
  public var pasid: PASID {
    let number = UInt32(truncatingIfNeeded: rawValue &>> 32 & Self.numberMask)
    return rawValue &>> 52 & 1 == 0
      ? PASID(number) : .without(tag: UInt16(truncatingIfNeeded: number))
  }

  /// The IOMMUs whose devices reach it.
  @inlinable
  public var iommus: IOMMUSet {
    IOMMUSet(rawValue: UInt32(truncatingIfNeeded: rawValue))
  }

  /// How many devices reach it.
  @inlinable
  public var devices: Int { Int(truncatingIfNeeded: rawValue &>> 53) }

  /// The same with other IOMMUs and devices.
  @inlinable
  func with(iommus: IOMMUSet, devices: Int) -> Self {
    Self(pasid: pasid, iommus: iommus, devices: devices)
  }
}
