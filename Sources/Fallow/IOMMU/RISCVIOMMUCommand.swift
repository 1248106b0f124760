/// A command of a RISC-V IOMMU.
@frozen
public struct RISCVIOMMUCommand: Equatable, BitwiseCopyable, Sendable {
  /// How long a command is, in bytes.
  @inlinable
  public static var size: UInt64 { 16 }

  /// The first word.
  public var low: UInt64

  /// The second word.
  public var high: UInt64

  /// A command of these words.
  @inlinable
  public init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  /// The IOMMU forgets all translations: IOTINVAL.VMA.
  @inlinable
  public static var allTranslations: Self { Self(low: 1) }

  /// It forgets those of `pasid`, leaves and tables.
  @inlinable
  public static func translations(of pasid: PASID) -> Self {
    Self(low: 1 | UInt64(pasid.rawValue & 0xf_ffff) &<< 12 | 1 &<< 32)
  }

  /// It forgets the leaf of `pasid` for the page at `address`.
  @inlinable
  public static func translation(
    of pasid: PASID, at address: VirtualAddress
  ) -> Self {
    var command = translations(of: pasid)
    command.low |= 1 &<< 10
    command.high = address.alignedDown(to: FrameNumber.size).rawValue &>> 2
    return command
  }

  /// It forgets all device contexts: IODIR.INVAL_DDT.
  @inlinable
  public static var allContexts: Self { Self(low: 3) }

  /// It forgets the context of the device that signs with `requester`.
  @inlinable
  public static func context(of requester: UInt16) -> Self {
    Self(low: 3 | 1 &<< 33 | UInt64(requester) &<< 40)
  }

  /// All commands before are completed: IOFENCE.C.
  @inlinable
  public static var fence: Self { Self(low: 2 | drain) }

  /// The IOMMU writes `ticket` to `address` when all commands before are
  /// completed: IOFENCE.C as well.
  @inlinable
  public static func wait(
    writing ticket: UInt32, to address: PhysicalAddress
  ) -> Self {
    Self(
      low: 2 | drain | 1 &<< 10 | UInt64(ticket) &<< 32,
      high: address.rawValue &>> 2)
  }

  /// Reads and writes under way are drained too: PR, PW.
  @inlinable
  static var drain: UInt64 { 1 << 12 | 1 << 13 }
}

extension RISCVIOMMUCommand: IOMMUCommand {
  /// A fence that writes nothing.
  @inlinable
  static func nothing(scratch: PhysicalAddress) -> Self { fence }

  @inlinable
  static func head(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueHead.of(iommu)
  }

  @inlinable
  static func tail(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueTail.of(iommu)
  }

  /// Commands.
  @inlinable
  static var unit: UInt64 { 4 }

  @inlinable
  static func errors(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueControl.of(iommu)
  }

  @inlinable
  static var errorBits: UInt64 { RISCVIOMMURegister.Queue.errors }

  @inlinable
  static var invalidCommand: UInt64 { RISCVIOMMURegister.Queue.illegal }

  @inlinable
  static var lastingBits: UInt64 { RISCVIOMMURegister.Queue.enable }
}
