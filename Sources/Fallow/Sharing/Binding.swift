/// Under which number, and on which IOMMUs, an address space is shared.
@frozen
public struct Binding: Equatable, BitwiseCopyable, Sendable {
  /// The word that the root's descriptor holds.
  public var rawValue: UInt64

  /// The binding that a descriptor's word says.
  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// A binding under `pasid` on `iommus`.
  @inlinable
  public init(pasid: PASID, iommus: IOMMUSet) {
    rawValue = UInt64(pasid.rawValue) &<< 32 | UInt64(iommus.rawValue)
  }

  /// The number under which devices reach the space.
  @inlinable
  public var pasid: PASID { PASID(UInt32(truncatingIfNeeded: rawValue &>> 32)) }

  /// The IOMMUs whose devices reach it.
  @inlinable
  public var iommus: IOMMUSet {
    IOMMUSet(rawValue: UInt32(truncatingIfNeeded: rawValue))
  }
}
