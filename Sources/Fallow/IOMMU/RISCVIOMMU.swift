/// Drives RISC-V IOMMUs whose devices walk the CPUs' own tables of `Format`.
///
/// A device is attached to one address space at a time, by its context in a
/// one-level directory: there is no process directory, and the PASID of a
/// binding is the number that the IOMMU tags its translations with, the
/// PSCID.
///
/// It keeps what changes in frames of the platform: a control frame, 64 bytes
/// for each IOMMU, its directory and its queue.
///
/// Registers, contexts and commands as in Linux's
/// `drivers/iommu/riscv/iommu-bits.h`, tried on the emulator QEMU 10.0.2; the
/// specification itself was not read.
@frozen
public struct RISCVIOMMU<P: Platform, Format: RISCVPaging>: IOMMUDriver {
  /// The machine it runs on.
  public let platform: P

  @usableFromInline let control: FrameNumber

  @inlinable
  init(platform: P, control: FrameNumber) {
    self.platform = platform
    self.control = control
  }

  /// The driver of a platform's IOMMUs, or nil if there is no frame for it.
  ///
  /// None of them is started. The platform vouches that walks see what the CPUs
  /// stored: no register says it.
  @inlinable
  public static func make(on platform: P) throws(P.Interruption) -> Self? {
    guard let control = try platform.zeroedFrame() else { return nil }
    return Self(platform: platform, control: control)
  }

  /// The upper half of the format.
  @inlinable
  public var kernelHalf: VirtualRange { Format.kernelHalf }
}

extension RISCVIOMMU {
  /// What the driver keeps of one IOMMU, a word each.
  @frozen
  @usableFromInline
  enum Field: UInt64 {
    /// The physical address of the device directory; zero before the start.
    case directory
    /// The physical address of the command queue.
    case queue
    /// Where the next command goes, counted in commands.
    case tail
    /// The last ticket that was given out.
    case issued
    /// Every ticket up to this one is void.
    case failed
    /// What the IOMMU writes when it reaches a ticket: its lower 32 bits.
    case status
  }

  /// Where a field of an IOMMU is.
  @inlinable
  func address(of field: Field, _ iommu: Int) -> PhysicalAddress {
    control.address + (UInt64(iommu) &* 64 &+ field.rawValue &* 8)
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
