/// Drives Intel VT-d IOMMUs in scalable mode.
///
/// Devices walk the CPUs' own tables: the first stage of each PASID is the root
/// of an address space. Requests to forget go through the queue of 256-bit
/// descriptors. All address spaces have the domain ID 1, as with Linux's SVA.
///
/// It keeps what changes in frames of the platform: a control frame, 128 bytes
/// for each IOMMU, and the tables that the hardware reads. The devices behind
/// an IOMMU are a list that runs through the descriptors of the frames that
/// hold their PASID directories.
///
/// Structures and bits as in Linux's `drivers/iommu/intel/pasid.h` and
/// `iommu.h`, tried on the emulator QEMU 10.0.2; the specification itself was
/// not read.
@frozen
public struct VTd<P: Platform>: IOMMUDriver {
  /// The machine it runs on.
  public let platform: P

  /// Whether walks are known to snoop the CPUs' caches, even where the IOMMU
  /// does not report that they do.
  public let trustsCoherence: Bool

  @usableFromInline let control: FrameNumber

  @inlinable
  init(platform: P, control: FrameNumber, trustsCoherence: Bool) {
    self.platform = platform
    self.control = control
    self.trustsCoherence = trustsCoherence
  }

  /// The driver of a platform's IOMMUs, or nil if there is no frame for it.
  ///
  /// None of them is started.
  ///
  /// `trustsCoherence` says whether the platform vouches that walks snoop
  /// the CPUs' caches; an emulator's do, though it may not say so.
  @inlinable
  public static func make(
    on platform: P, trustsCoherence: Bool = false
  ) throws(P.Interruption) -> Self? {
    guard let control = try platform.zeroedFrame() else { return nil }
    return Self(
      platform: platform, control: control, trustsCoherence: trustsCoherence)
  }

  /// The upper half: the first stage walks the CPUs' format.
  @inlinable
  public var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  /// The domain of every address space.
  @inlinable
  static var domain: UInt16 { 1 }
}

extension VTd {
  /// What the driver keeps of one IOMMU, a word each.
  @frozen
  @usableFromInline
  enum Field: UInt64 {
    /// The physical address of the root table; zero before the start.
    case rootTable
    /// The physical address of the invalidation queue.
    case queue
    /// Where the next descriptor goes, in bytes.
    case tail
    /// Where the IOMMU was when that was last looked at: there is room up to it.
    case head
    /// The last ticket that was given out.
    case issued
    /// Whether the IOMMU knows of a request that no ticket covers yet: 0 or 1.
    case uncovered
    /// Every ticket up to this one is void.
    case failed
    /// The directory of the first device, as a list head.
    case devices
    /// How many devices have a TLB of their own.
    case deviceTLBs
    /// The largest address mask that a request may have.
    case maxAddressMask
    /// What the IOMMU writes when it reaches a ticket: its lower 32 bits.
    case status
    /// What it writes when it meets a descriptor that took the place of a bad
    /// one.
    case scratch
  }

  /// Where a field of an IOMMU is.
  @inlinable
  func address(of field: Field, _ iommu: Int) -> PhysicalAddress {
    control.address + (UInt64(iommu) &* 128 &+ field.rawValue &* 8)
  }

  @inlinable
  func load(_ field: Field, of iommu: Int) throws(P.Interruption) -> UInt64 {
    try platform.load(address(of: field, iommu))
  }

  @inlinable
  func store(
    _ value: UInt64, to field: Field, of iommu: Int
  ) throws(P.Interruption) {
    try platform.store(value, to: address(of: field, iommu))
  }
}

extension Platform {
  /// A frame full of zeros, or nil if there is none.
  @inlinable
  func zeroedFrame() throws(Interruption) -> FrameNumber? {
    let frame = try allocate(order: 0)
    if frame == .none { return nil }
    try fill(frame.address, count: 512, first: 0, step: 0)
    return frame
  }
}
