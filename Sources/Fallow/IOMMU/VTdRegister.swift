/// The registers of a VT-d IOMMU that the driver uses, named as in the manual.
@frozen
public enum VTdRegister: Int, Sendable {
  /// The capability register, CAP_REG.
  case capability = 0x08
  /// The extended capability register, ECAP_REG.
  case extendedCapability = 0x10
  /// The global command register, GCMD_REG: 32 bits.
  case globalCommand = 0x18
  /// The global status register, GSTS_REG: 32 bits.
  case globalStatus = 0x1c
  /// The root table address, RTADDR_REG.
  case rootTableAddress = 0x20
  /// The fault status, FSTS_REG: 32 bits.
  case faultStatus = 0x34
  /// The head of the invalidation queue, IQH_REG: what is fetched next.
  case queueHead = 0x80
  /// The tail of the invalidation queue, IQT_REG: the doorbell.
  case queueTail = 0x88
  /// The address of the invalidation queue, IQA_REG.
  case queueAddress = 0x90

  /// The register in the block of an IOMMU.
  @inlinable
  public func of(_ iommu: Int) -> IOMMURegister {
    let isWide =
      switch self {
      case .globalCommand, .globalStatus, .faultStatus: false
      default: true
      }
    return IOMMURegister(iommu: iommu, offset: rawValue, isWide: isWide)
  }

  /// Bits of ``globalCommand`` and ``globalStatus``.
  @frozen
  public enum Global {
    /// Translation is on: TE, TES.
    @inlinable public static var translation: UInt64 { 1 << 31 }
    /// The root table pointer is to be taken, or was: SRTP, RTPS.
    @inlinable public static var rootTable: UInt64 { 1 << 30 }
    /// The invalidation queue is on: QIE, QIES.
    @inlinable public static var queue: UInt64 { 1 << 26 }
    /// What of the status a command must repeat: the rest acts once.
    @inlinable public static var lasting: UInt64 { 0x96ff_ffff }
  }

  /// Bits of ``faultStatus``; each is cleared by writing it as 1.
  @frozen
  public enum Fault {
    /// The queue stopped at a descriptor that is not valid: IQE.
    @inlinable public static var queue: UInt64 { 1 << 4 }
    /// A device answered an invalidation with an error: ICE.
    @inlinable public static var completion: UInt64 { 1 << 5 }
    /// A device did not answer an invalidation in time: ITE.
    @inlinable public static var timeOut: UInt64 { 1 << 6 }
    /// All that concern the queue.
    @inlinable public static var all: UInt64 { queue | completion | timeOut }
  }

  /// Bits of ``capability`` and ``extendedCapability``.
  @frozen
  public enum Capability {
    /// The lowest bit of MAMV: the largest address mask of a request.
    @inlinable public static var maxAddressMaskShift: UInt64 { 48 }
    /// The structures are read through the CPUs' caches: C.
    @inlinable public static var coherent: UInt64 { 1 << 0 }
    /// There is an invalidation queue: QI.
    @inlinable public static var queue: UInt64 { 1 << 1 }
    /// Devices may have TLBs of their own: DT.
    @inlinable public static var deviceTLB: UInt64 { 1 << 2 }
    /// Scalable mode: SMTS.
    @inlinable public static var scalable: UInt64 { 1 << 43 }
    /// First-stage translation: FLTS.
    @inlinable public static var firstStage: UInt64 { 1 << 47 }
    /// First-stage walks can snoop the CPUs' caches: SMPWC.
    @inlinable public static var snoopedWalks: UInt64 { 1 << 48 }
  }
}
