// SPDX-License-Identifier: Apache-2.0

/// The registers of an SMMUv3 that the driver uses, by the manual's names
/// without `SMMU_`.
///
/// Offsets and bits as in Linux's `arm-smmu-v3.h`.
@frozen
@usableFromInline
package enum SMMUv3Register: Int, Sendable {
  /// Identification 0, IDR0.
  case identification0 = 0x00
  /// Identification 1, IDR1.
  case identification1 = 0x04
  /// Identification 5, IDR5.
  case identification5 = 0x14
  /// Control 0, CR0.
  case control = 0x20
  /// What of ``control`` is in effect, CR0ACK.
  case acknowledged = 0x24
  /// Control 1, CR1: how structures and queues are accessed.
  case accesses = 0x28
  /// Control 2, CR2.
  case broadcasts = 0x2c
  /// Global bypass attributes, GBPA: what becomes of requests while the SMMU is
  /// off.
  case bypass = 0x44
  /// Global errors, GERROR: a bit is toggled at each error.
  case errors = 0x60
  /// Global errors that software has seen, GERRORN.
  case seenErrors = 0x64
  /// Stream table base, STRTAB_BASE: 64 bits.
  case streamTable = 0x80
  /// Stream table configuration, STRTAB_BASE_CFG.
  case streamTableShape = 0x88
  /// Command queue base, CMDQ_BASE: 64 bits.
  case queueBase = 0x90
  /// Command queue producer, CMDQ_PROD: the doorbell.
  case queueProducer = 0x98
  /// Command queue consumer, CMDQ_CONS: what is executed next, and why not.
  case queueConsumer = 0x9c

  /// The register in the block of an SMMU.
  @inlinable
  package func of(_ iommu: Int) -> IOMMURegister {
    let isWide =
      switch self {
      case .streamTable, .queueBase: true
      case .identification0, .identification1, .identification5, .control,
        .acknowledged, .accesses, .broadcasts, .bypass, .errors, .seenErrors,
        .streamTableShape, .queueProducer, .queueConsumer:
        false
      }
    return IOMMURegister(iommu: iommu, offset: rawValue, isWide: isWide)
  }

  /// Fields of the identification registers.
  @frozen
  @usableFromInline
  package enum Identification {
    /// Stage 1 translation, S1P of IDR0.
    @inlinable package static var stage1: BitField { BitField(1) }
    /// The formats of tables, TTF of IDR0: 2 and 3 have AArch64's.
    @inlinable package static var formats: BitField { BitField(3, 2) }
    /// Coherent access to structures, queues and tables, COHACC of IDR0.
    @inlinable package static var coherent: BitField { BitField(4) }
    /// Hardware updates of flags, HTTU of IDR0: 0 none, 1 accessed, 2 accessed
    /// and dirty, 3 those and accessed of table descriptors.
    @inlinable package static var updates: BitField { BitField(7, 6) }
    /// 16-bit ASIDs, ASID16 of IDR0; they have 8 bits if not.
    @inlinable package static var wideTags: BitField { BitField(12) }
    /// 2-level tables of context descriptors, CD2L of IDR0.
    @inlinable package static var twoLevelContexts: BitField { BitField(19) }
    /// The endianness of tables, TTENDIAN of IDR0: 3 is big alone.
    @inlinable package static var endianness: BitField { BitField(22, 21) }
    /// 2-level stream tables, ST_LEVEL of IDR0.
    @inlinable package static var twoLevelStreams: BitField { BitField(28, 27) }

    /// The width of stream numbers, SIDSIZE of IDR1.
    @inlinable package static var streamBits: BitField { BitField(5, 0) }
    /// The width of substream numbers, SSIDSIZE of IDR1.
    @inlinable package static var substreamBits: BitField { BitField(10, 6) }
    /// The binary logarithm of the commands of a queue, CMDQS of IDR1.
    @inlinable package static var queueSize: BitField { BitField(25, 21) }
    /// The bases of the queues are fixed, QUEUES_PRESET of IDR1.
    @inlinable package static var fixedQueues: BitField { BitField(29) }
    /// The bases of the tables are fixed, TABLES_PRESET of IDR1.
    @inlinable package static var fixedTables: BitField { BitField(30) }

    /// The width of physical addresses, OAS of IDR5.
    @inlinable package static var addressSize: BitField { BitField(2, 0) }
    /// Granules of 4 KiB, GRAN4K of IDR5.
    @inlinable package static var pages4KiB: BitField { BitField(4) }

    /// The bits of an address for a value of ``addressSize``.
    @inlinable
    package static func addressBits(_ size: UInt64) -> UInt64 {
      switch size {
      case 0: 32
      case 1: 36
      case 2: 40
      case 3: 42
      case 4: 44
      case 5: 48
      default: 52
      }
    }
  }

  /// Fields of ``control`` and ``acknowledged``.
  @frozen
  @usableFromInline
  package enum Control {
    /// The SMMU translates, SMMUEN.
    @inlinable package static var enable: BitField { BitField(0) }
    /// Events are written to their queue, EVENTQEN; the driver leaves it as it
    /// is.
    @inlinable package static var events: BitField { BitField(2) }
    /// Commands are executed, CMDQEN.
    @inlinable package static var queue: BitField { BitField(3) }
  }

  /// What ``accesses`` holds: structures and queues are write-back and inner
  /// shareable.
  @inlinable package static var coherentAccesses: UInt64 { 0xd75 }

  /// Private TLB maintenance, PTM of ``broadcasts``: the CPUs' broadcast
  /// invalidations are ignored.
  @inlinable package static var privateTLB: BitField { BitField(2) }

  /// Fields of ``bypass``.
  @frozen
  @usableFromInline
  package enum Bypass {
    /// Requests are aborted, ABORT.
    @inlinable package static var abort: BitField { BitField(20) }
    /// A change is under way, UPDATE.
    @inlinable package static var update: BitField { BitField(31) }
  }

  /// Fields of ``errors`` and ``seenErrors``.
  @frozen
  @usableFromInline
  package enum Errors {
    /// The command queue has stopped, CMDQ_ERR.
    @inlinable package static var queue: BitField { BitField(0) }
  }

  /// Fields of ``streamTable``, ``streamTableShape`` and ``queueBase``.
  @frozen
  @usableFromInline
  package enum Base {
    /// Read-allocate, RA; write-allocate of a queue, WA.
    @inlinable package static var allocate: BitField { BitField(62) }
    /// The binary logarithm of the commands, LOG2SIZE of CMDQ_BASE.
    @inlinable package static var queueSize: BitField { BitField(4, 0) }
    /// The binary logarithm of the streams, LOG2SIZE of STRTAB_BASE_CFG.
    @inlinable package static var streamBits: BitField { BitField(5, 0) }
    /// The streams of one table of the second level, SPLIT of STRTAB_BASE_CFG.
    @inlinable package static var split: BitField { BitField(10, 6) }
    /// How many levels less one, FMT of STRTAB_BASE_CFG.
    @inlinable package static var levels: BitField { BitField(17, 16) }
  }

  /// Why the queue stopped, ERR of ``queueConsumer``.
  @frozen
  @usableFromInline
  package enum Reason {
    /// The field.
    @inlinable package static var field: BitField { BitField(30, 24) }
    /// A command is not valid, CERROR_ILL.
    @inlinable package static var illegal: UInt64 { 1 }
    /// A command could not be read, CERROR_ABT.
    @inlinable package static var unreadable: UInt64 { 2 }
    /// A device did not answer an ATC_INV before a valid CMD_SYNC,
    /// CERROR_ATC_INV_SYNC.
    @inlinable package static var deviceTLB: UInt64 { 3 }
  }
}
