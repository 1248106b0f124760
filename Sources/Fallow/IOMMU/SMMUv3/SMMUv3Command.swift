// SPDX-License-Identifier: Apache-2.0

/// A command of an SMMUv3, by the manual's names without `CMD_`.
///
/// Bits as in Linux's `arm-smmu-v3.h`.
@frozen
@usableFromInline
package struct SMMUv3Command: Equatable, BitwiseCopyable, Sendable {
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

  /// What a command is for: its lowest 8 bits.
  @frozen
  @usableFromInline
  package enum Kind: UInt64, Sendable {
    /// CFGI_STE: drop a stream's configuration, and its contexts.
    case stream = 0x03
    /// CFGI_STE_RANGE, or CFGI_ALL.
    case streams = 0x04
    /// CFGI_CD: drop a context.
    case context = 0x05
    /// TLBI_NH_ALL: drop translations.
    case all = 0x10
    /// TLBI_NH_ASID: drop those of an ASID that are not global.
    case space = 0x11
    /// TLBI_NH_VA: drop those of an address in an ASID, and global ones.
    case address = 0x12
    /// TLBI_NH_VAA: drop those of an address in every ASID.
    case addressInAll = 0x13
    /// TLBI_NSNH_ALL: drop everything that is not of a hypervisor.
    case everything = 0x30
    /// SYNC.
    case sync = 0x46
  }

  /// Fields; those of the second word are marked.
  @frozen
  @usableFromInline
  package enum Field {
    /// The opcode.
    @inlinable package static var kind: BitField { BitField(7, 0) }
    /// SSID of CFGI_CD.
    @inlinable package static var substream: BitField { BitField(31, 12) }
    /// SID of CFGI.
    @inlinable package static var stream: BitField { BitField(63, 32) }
    /// Range of CFGI_STE_RANGE: the streams are 2^(Range + 1), and 31 is all; in
    /// the second word.
    @inlinable package static var streams: BitField { BitField(4, 0) }
    /// ASID of TLBI.
    @inlinable package static var tag: BitField { BitField(63, 48) }
    /// Leaf of TLBI: what is no leaf may stay; in the second word.
    @inlinable package static var leaf: BitField { BitField(0) }
    /// Address of TLBI; in the second word.
    @inlinable package static var address: BitField { BitField(63, 12) }
  }

  /// All configurations are dropped.
  @inlinable
  // Image: smmu-streams
  static var allContexts: Self {
    Self(low: Kind.streams.rawValue, high: Field.streams(31))
  }

  /// The configuration of a stream is dropped, the entry of the first level
  /// that leads to it and its contexts too.
  @inlinable
  // Image: smmu-stream
  static func stream(_ requester: UInt16) -> Self {
    Self(low: Kind.stream.rawValue | Field.stream(UInt64(requester)))
  }

  /// A context of a stream is dropped, and the entry of the first level that
  /// leads to it.
  @inlinable
  // Image: smmu-context
  static func context(_ substream: UInt32, of requester: UInt16) -> Self {
    Self(
      low: Kind.context.rawValue | Field.stream(UInt64(requester))
        | Field.substream(UInt64(substream)))
  }

  /// All translations are dropped, stage 2's too.
  @inlinable
  // Image: smmu-everything
  static var everything: Self { Self(low: Kind.everything.rawValue) }

  /// All stage 1 translations are dropped, global ones too.
  @inlinable
  // Image: smmu-stage-1
  static var allTranslations: Self { Self(low: Kind.all.rawValue) }

  /// Those of an ASID are dropped, leaves and tables, but for global leaves.
  @inlinable
  static func translations(of tag: UInt64) -> Self {
    Self(low: Kind.space.rawValue | Field.tag(tag))
  }

  /// Those of the page at `address` are dropped, global ones too.
  ///
  /// - Parameters:
  ///   - tag: Those of this ASID, and global ones; nil for all ASIDs.
  ///   - leavesOnly: Whether pointers to tables may stay.
  @inlinable
  static func translations(
    of tag: UInt64?, at address: VirtualAddress, leavesOnly: Bool
  ) -> Self {
    let kind = tag == nil ? Kind.addressInAll : Kind.address
    return Self(
      low: kind.rawValue | Field.tag(tag ?? 0),
      high: address.rawValue & Field.address.mask
        | Field.leaf(leavesOnly ? 1 : 0))
  }

  /// All before is completed, and accesses that used what was dropped too.
  @inlinable
  static var sync: Self { Self(low: Kind.sync.rawValue) }
}

extension SMMUv3Command: IOMMUCommand {
  /// ``sync``, which the head passes when it is completed.
  ///
  /// An SMMU with IDR0.MSI could write the ticket, but every SMMU moves its
  /// head.
  @inlinable
  static func wait(
    writing ticket: UInt32, to address: PhysicalAddress
  ) -> Self { sync }

  @inlinable
  static func order(scratch: PhysicalAddress) -> Self { sync }

  @inlinable
  static func head(of iommu: Int) -> IOMMURegister {
    SMMUv3Register.queueConsumer.of(iommu)
  }

  @inlinable
  static func tail(of iommu: Int) -> IOMMURegister {
    SMMUv3Register.queueProducer.of(iommu)
  }

  /// In commands, with a wrap bit above the index.
  @inlinable
  static var positions: QueuePositions {
    QueuePositions(commandSize: size, scale: 0, hasWrapBit: true)
  }

  @inlinable
  static func errorRegister(of iommu: Int) -> IOMMURegister {
    SMMUv3Register.errors.of(iommu)
  }

  @inlinable
  static var errorMask: UInt64 { SMMUv3Register.Errors.queue.mask }

  /// The bit as it was last acknowledged: an error toggles it.
  @inlinable
  static func quietErrors<P: IOMMUPlatform>(
    of iommu: Int, on platform: P
  ) throws(P.Interruption) -> UInt64 {
    try platform.load(SMMUv3Register.seenErrors.of(iommu)) & errorMask
  }

  /// Repeats the bit as it was reported; other errors stay to be seen.
  @inlinable
  static func acknowledge<P: IOMMUPlatform>(
    _ reported: UInt64, of iommu: Int, on platform: P
  ) throws(P.Interruption) {
    let register = SMMUv3Register.seenErrors.of(iommu)
    let others = try platform.load(register) & ~errorMask
    try platform.store(others | reported & errorMask, to: register)
  }

  /// Whether the reason is CERROR_ILL.
  ///
  /// After CERROR_ATC_INV_SYNC the command at the head is a valid CMD_SYNC, and
  /// after CERROR_ABT it is read once more.
  @inlinable
  static func isInvalidCommand(_ reported: UInt64, head: UInt64) -> Bool {
    SMMUv3Register.Reason.field.read(head) == SMMUv3Register.Reason.illegal
  }
}
