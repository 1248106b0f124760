/// The registers of a RISC-V IOMMU that the driver uses.
@frozen
public enum RISCVIOMMURegister: Int, Sendable {
  /// What the IOMMU can do.
  case capabilities = 0x00
  /// The device directory table pointer, ddtp.
  case directory = 0x10
  /// The command queue's base, cqb.
  case queueBase = 0x18
  /// The command queue's head, cqh: 32 bits, counted in commands.
  case queueHead = 0x20
  /// The command queue's tail, cqt: 32 bits; the doorbell.
  case queueTail = 0x24
  /// The command queue's control and status, cqcsr: 32 bits.
  case queueControl = 0x48

  /// The register in the block of an IOMMU.
  @inlinable
  public func of(_ iommu: Int) -> IOMMURegister {
    let isWide =
      switch self {
      case .queueHead, .queueTail, .queueControl: false
      default: true
      }
    return IOMMURegister(iommu: iommu, offset: rawValue, isWide: isWide)
  }

  /// Bits of ``queueControl``; an error is cleared by writing it as 1.
  @frozen
  public enum Queue {
    /// The queue is to be on: cqen.
    @inlinable public static var enable: UInt64 { 1 << 0 }
    /// The queue could not be read: cqmf.
    @inlinable public static var memoryFault: UInt64 { 1 << 8 }
    /// A command took too long: cmd_to.
    @inlinable public static var timeOut: UInt64 { 1 << 9 }
    /// The queue stopped at a command that is not legal: cmd_ill.
    @inlinable public static var illegal: UInt64 { 1 << 10 }
    /// The queue is on: cqon.
    @inlinable public static var isOn: UInt64 { 1 << 16 }
    /// All errors.
    @inlinable public static var errors: UInt64 {
      memoryFault | timeOut | illegal
    }
  }

  /// Bits of ``directory`` and ``capabilities``.
  @frozen
  public enum Bit {
    /// The directory has one level: ddtp.iommu_mode.
    @inlinable public static var oneLevel: UInt64 { 2 }
    /// A change of the directory is under way: ddtp.busy.
    @inlinable public static var busy: UInt64 { 1 << 4 }
    /// Sv39 is walked; the bits above say Sv48 and Sv57.
    @inlinable public static var sv39: UInt64 { 1 << 9 }
    /// Contexts have 64 bytes, not 32: MSI_FLAT.
    @inlinable public static var longContexts: UInt64 { 1 << 22 }
  }
}
