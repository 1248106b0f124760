// SPDX-License-Identifier: Apache-2.0

/// A command of a RISC-V IOMMU, by the names of the RISC-V IOMMU Architecture
/// Specification, section "Command-Queue (CQ)".
@frozen
@usableFromInline
package struct RISCVIOMMUCommand: Equatable, BitwiseCopyable, Sendable {
  /// The first word.
  @usableFromInline package var low: UInt64

  /// The second word.
  @usableFromInline package var high: UInt64

  /// A command of these words.
  @inlinable
  package init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  /// How long a command is, in bytes.
  @inlinable
  package static var size: UInt64 { 16 }

  /// What a command is for: `opcode` and `func3`, its lowest ten bits.
  @frozen
  @usableFromInline
  package enum Kind: UInt64, Sendable {
    /// IOTINVAL.VMA: drop translations.
    case translations = 0x001
    /// IOFENCE.C: complete all before.
    case fence = 0x002
    /// IODIR.INVAL_DDT: drop device contexts.
    case deviceContexts = 0x003
    /// IODIR.INVAL_PDT: drop a process context.
    case processContext = 0x083
  }

  /// Fields; those of the second word are marked.
  @frozen
  @usableFromInline
  package enum Field {
    /// `opcode` and `func3`.
    @inlinable package static var kind: BitField { BitField(9, 0) }
    /// AV of IOTINVAL: an address is named, and leaves alone are dropped;
    /// of IOFENCE: DATA is written to ADDR.
    @inlinable package static var hasAddress: BitField { BitField(10) }
    /// PSCID of IOTINVAL.
    @inlinable package static var tag: BitField { BitField(31, 12) }
    /// PSCV of IOTINVAL: a PSCID is named, and global leaves are spared.
    @inlinable package static var hasTag: BitField { BitField(32) }
    /// ADDR[63:12] of IOTINVAL; in the second word.
    @inlinable package static var page: BitField { BitField(61, 10) }

    /// PR and PW of IOFENCE: reads and writes under way are completed too.
    @inlinable package static var drains: BitField { BitField(13, 12) }
    /// DATA of IOFENCE.
    @inlinable package static var data: BitField { BitField(63, 32) }
    /// ADDR[63:2] of IOFENCE; in the second word.
    @inlinable package static var word: BitField { BitField(61, 0) }

    /// PID of IODIR.
    @inlinable package static var process: BitField { BitField(31, 12) }
    /// DV of IODIR: a device is named.
    @inlinable package static var hasDevice: BitField { BitField(33) }
    /// DID of IODIR.
    @inlinable package static var device: BitField { BitField(63, 40) }
  }

  /// All translations are dropped, global ones too.
  @inlinable
  static var allTranslations: Self { Self(low: Kind.translations.rawValue) }

  /// Those of a tag are dropped, leaves and tables, but for global leaves.
  @inlinable
  static func translations(of tag: UInt32) -> Self {
    Self(
      low: Kind.translations.rawValue | Field.hasTag(1)
        | Field.tag(UInt64(tag)))
  }

  /// Leaves for the page at `address` are dropped.
  ///
  /// - Parameter tag: Those of this tag, but for global ones; nil for all.
  @inlinable
  static func leaves(of tag: UInt32?, at address: VirtualAddress) -> Self {
    var command = tag.map(translations(of:)) ?? allTranslations
    command.low |= Field.hasAddress(1)
    command.high = Field.page(address.rawValue &>> FrameNumber.shift)
    return command
  }

  /// All device contexts are dropped, and all process contexts.
  @inlinable
  static var allContexts: Self { Self(low: Kind.deviceContexts.rawValue) }

  /// The context of the device that signs with `requester` is dropped, and its
  /// process contexts.
  @inlinable
  static func context(of requester: UInt16) -> Self {
    Self(
      low: Kind.deviceContexts.rawValue | Field.hasDevice(1)
        | Field.device(UInt64(requester)))
  }

  /// The context of a process of a device is dropped.
  @inlinable
  static func context(of process: UInt32, _ requester: UInt16) -> Self {
    Self(
      low: Kind.processContext.rawValue | Field.hasDevice(1)
        | Field.device(UInt64(requester)) | Field.process(UInt64(process)))
  }

  /// All before is completed, reads and writes under way too.
  @inlinable
  static var fence: Self { Self(low: Kind.fence.rawValue | Field.drains(3)) }

  /// The same, and the IOMMU writes `ticket` to `address` then.
  @inlinable
  static func wait(
    writing ticket: UInt32, to address: PhysicalAddress
  ) -> Self {
    Self(
      low: fence.low | Field.hasAddress(1) | Field.data(UInt64(ticket)),
      high: Field.word(address.rawValue &>> 2))
  }
}

extension RISCVIOMMUCommand: IOMMUCommand {
  /// A fence that writes nothing.
  @inlinable
  static func order(scratch: PhysicalAddress) -> Self { fence }

  @inlinable
  static func head(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueHead.of(iommu)
  }

  @inlinable
  static func tail(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueTail.of(iommu)
  }

  /// In commands.
  @inlinable
  static var positions: QueuePositions {
    QueuePositions(commandSize: size, scale: 0)
  }

  @inlinable
  static func errorRegister(of iommu: Int) -> IOMMURegister {
    RISCVIOMMURegister.queueControl.of(iommu)
  }

  @inlinable
  static var errorMask: UInt64 { RISCVIOMMURegister.Queue.errors }

  /// Writes the errors as ones once no write to `cqcsr` is under way: one that
  /// was made meanwhile might be lost.
  @inlinable
  static func acknowledge<P: IOMMUPlatform>(
    _ reported: UInt64, of iommu: Int, on platform: P
  ) throws(P.Interruption) {
    typealias Queue = RISCVIOMMURegister.Queue
    let register = RISCVIOMMURegister.queueControl.of(iommu)
    if Queue.busy.isSet(in: reported) {
      try platform.await(
        IOMMUCondition(
          register, mask: Queue.busy.mask, differsFrom: Queue.busy.mask))
    }
    try platform.store(reported & errorMask | Queue.enable.mask, to: register)
  }

  @inlinable
  static func isInvalidCommand(_ reported: UInt64, head: UInt64) -> Bool {
    RISCVIOMMURegister.Queue.illegal.isSet(in: reported)
  }
}
