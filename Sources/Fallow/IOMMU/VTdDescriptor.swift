/// A descriptor of the 256-bit invalidation queue, whose upper half is zero.
@frozen
public struct VTdDescriptor: Equatable, BitwiseCopyable, Sendable {
  /// What a descriptor is for: its lowest four bits.
  @frozen
  public enum Kind: UInt64, Sendable {
    /// Context-cache invalidate.
    case contextCache = 1
    /// IOTLB invalidate, by domain.
    case iotlb = 2
    /// Invalidation wait.
    case wait = 5
    /// PASID-based IOTLB invalidate.
    case pasidIOTLB = 6
    /// PASID-cache invalidate.
    case pasidCache = 7
    /// PASID-based device-TLB invalidate.
    case deviceTLB = 8
  }

  /// How long a descriptor is, in bytes.
  @inlinable
  public static var size: UInt64 { 32 }

  /// The first word.
  public var low: UInt64

  /// The second word.
  public var high: UInt64

  /// A descriptor of these words.
  @inlinable
  public init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  @inlinable
  init(_ kind: Kind, granularity: UInt64 = 0, _ fields: UInt64, _ high: UInt64)
  {
    self.init(low: kind.rawValue | granularity &<< 4 | fields, high: high)
  }

  /// The context cache forgets everything.
  @inlinable
  public static var allContexts: Self {
    Self(.contextCache, granularity: 1, 0, 0)
  }

  /// The PASID cache forgets everything.
  @inlinable
  public static var allPASIDs: Self { Self(.pasidCache, granularity: 3, 0, 0) }

  /// The IOTLB and the paging-structure caches forget everything.
  @inlinable
  public static var allTranslations: Self {
    Self(.iotlb, granularity: 1, drain, 0)
  }

  /// The PASID cache forgets `pasid`.
  @inlinable
  public static func pasid(_ pasid: PASID, domain: UInt16) -> Self {
    Self(.pasidCache, granularity: 1, field(domain) | field(pasid), 0)
  }

  /// The IOTLB and the paging-structure caches forget every address space of
  /// the domain.
  @inlinable
  public static func translations(ofDomain domain: UInt16) -> Self {
    Self(.iotlb, granularity: 2, field(domain) | drain, 0)
  }

  /// They forget `pasid`: PASID-selective.
  @inlinable
  public static func translations(
    of pasid: PASID, domain: UInt16
  ) -> Self {
    Self(.pasidIOTLB, granularity: 2, field(domain) | field(pasid), 0)
  }

  /// They forget what `pasid` has of the 2^`mask` pages at `address`:
  /// page-selective within the PASID.
  ///
  /// - Precondition: `address` is aligned to that size.
  @inlinable
  public static func translations(
    of pasid: PASID, domain: UInt16, at address: VirtualAddress, mask: UInt64,
    leavesOnly: Bool
  ) -> Self {
    Self(
      .pasidIOTLB, granularity: 3, field(domain) | field(pasid),
      address.rawValue | (leavesOnly ? 1 &<< 6 : 0) | mask)
  }

  /// A device forgets what it cached by itself for `pasid`, of 2^`mask` pages
  /// at `address`, or of all addresses if `mask` is 52.
  @inlinable
  public static func deviceTranslations(
    of pasid: PASID, requester: UInt16, at address: VirtualAddress,
    mask: UInt64
  ) -> Self {
    let source = UInt64(requester)
    // The function that the time-out is judged by is the device itself.
    let function = (source & 0xf) &<< 12 | (source &>> 4) &<< 52
    var high = address.rawValue
    if mask > 0 {
      // The lowest zero bit of the address says how much.
      let end = (1 as UInt64) &<< (FrameNumber.shift &+ mask &- 1)
      high = high & ~(end &<< 1 &- 1) | (end &- FrameNumber.size) | 1 &<< 11
    }
    return Self(
      .deviceTLB, source &<< 16 | function | field(pasid), high)
  }

  /// The IOMMU writes `ticket` to `address` when it comes here, and all before
  /// is completed.
  @inlinable
  public static func wait(
    writing ticket: UInt32, to address: PhysicalAddress
  ) -> Self {
    // Status write, and a fence for what comes after.
    Self(.wait, 1 &<< 5 | 1 &<< 6 | UInt64(ticket) &<< 32, address.rawValue)
  }

  /// Reads and writes under way are drained too.
  @inlinable
  static var drain: UInt64 { 1 << 7 | 1 << 6 }

  @inlinable
  static func field(_ domain: UInt16) -> UInt64 { UInt64(domain) &<< 16 }

  @inlinable
  static func field(_ pasid: PASID) -> UInt64 {
    UInt64(pasid.rawValue & 0xf_ffff) &<< 32
  }
}

extension VTdDescriptor: IOMMUCommand {
  /// A wait that writes 0 to `scratch`.
  @inlinable
  static func nothing(scratch: PhysicalAddress) -> Self {
    wait(writing: 0, to: scratch)
  }

  @inlinable
  static func head(of iommu: Int) -> IOMMURegister {
    VTdRegister.queueHead.of(iommu)
  }

  @inlinable
  static func tail(of iommu: Int) -> IOMMURegister {
    VTdRegister.queueTail.of(iommu)
  }

  /// Bytes.
  @inlinable
  static var unit: UInt64 { 0 }

  @inlinable
  static func errors(of iommu: Int) -> IOMMURegister {
    VTdRegister.faultStatus.of(iommu)
  }

  @inlinable
  static var errorBits: UInt64 { VTdRegister.Fault.all }

  @inlinable
  static var invalidCommand: UInt64 { VTdRegister.Fault.queue }

  @inlinable
  static var lastingBits: UInt64 { 0 }
}
