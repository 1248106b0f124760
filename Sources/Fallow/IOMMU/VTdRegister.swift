// SPDX-License-Identifier: Apache-2.0

/// The registers of a VT-d IOMMU that the driver uses, by the manual's names.
///
/// Offsets and bits as in Linux's `drivers/iommu/intel/iommu.h`.
@frozen
@usableFromInline
package enum VTdRegister: Int, Sendable {
  /// Capability register, CAP_REG.
  case capability = 0x08
  /// Extended capability register, ECAP_REG.
  case extendedCapability = 0x10
  /// Global command register, GCMD_REG: 32 bits.
  case globalCommand = 0x18
  /// Global status register, GSTS_REG: 32 bits.
  case globalStatus = 0x1c
  /// Root table address register, RTADDR_REG.
  case rootTableAddress = 0x20
  /// Fault status register, FSTS_REG: 32 bits.
  case faultStatus = 0x34
  /// Invalidation queue head register, IQH_REG: what is fetched next.
  case queueHead = 0x80
  /// Invalidation queue tail register, IQT_REG: the doorbell.
  case queueTail = 0x88
  /// Invalidation queue address register, IQA_REG.
  case queueAddress = 0x90

  /// The register in the block of an IOMMU.
  @inlinable
  package func of(_ iommu: Int) -> IOMMURegister {
    let isWide =
      switch self {
      case .globalCommand, .globalStatus, .faultStatus: false
      case .capability, .extendedCapability, .rootTableAddress, .queueHead,
        .queueTail, .queueAddress:
        true
      }
    return IOMMURegister(iommu: iommu, offset: rawValue, isWide: isWide)
  }

  /// Fields of ``capability``.
  @frozen
  @usableFromInline
  package enum Capability {
    /// Number of domains supported, ND: 2^(4 + 2 x ND).
    @inlinable package static var domains: BitField { BitField(2, 0) }
    /// Required write-buffer flushing, RWBF.
    @inlinable package static var writeBuffer: BitField { BitField(4) }
    /// Caching mode, CM: entries that are not present may be cached.
    @inlinable package static var cachingMode: BitField { BitField(7) }
    /// Page-selective invalidation, PSI.
    @inlinable package static var pageSelective: BitField { BitField(39) }
    /// Maximum address mask value, MAMV.
    @inlinable package static var maxAddressMask: BitField { BitField(53, 48) }
    /// Write draining, DWD.
    @inlinable package static var drainsWrites: BitField { BitField(54) }
    /// Read draining, DRD.
    @inlinable package static var drainsReads: BitField { BitField(55) }
    /// First-stage 1-GByte page support, FL1GP.
    @inlinable package static var gigabyteLeaves: BitField { BitField(56) }
  }

  /// Fields of ``extendedCapability``.
  @frozen
  @usableFromInline
  package enum ExtendedCapability {
    /// Page-walk coherency, C: the structures that lead to the tables are read
    /// through the CPUs' caches.
    @inlinable package static var coherent: BitField { BitField(0) }
    /// Queued invalidation, QI.
    @inlinable package static var queue: BitField { BitField(1) }
    /// Device-TLB, DT.
    @inlinable package static var deviceTLBs: BitField { BitField(2) }
    /// PASID size supported, PSS: one less than the width of a PASID.
    @inlinable package static var pasidSize: BitField { BitField(39, 35) }
    /// Process address space ID, PASID: requests may carry one.
    @inlinable package static var pasids: BitField { BitField(40) }
    /// Scalable-mode translation, SMTS.
    @inlinable package static var scalable: BitField { BitField(43) }
    /// First-stage translation, FSTS; FLTS in older manuals.
    @inlinable package static var firstStage: BitField { BitField(47) }
    /// Scalable-mode page-walk coherency, SMPWC: first-stage walks can snoop
    /// the CPUs' caches.
    @inlinable package static var snoopedWalks: BitField { BitField(48) }
  }

  /// Fields of ``globalCommand`` and ``globalStatus``.
  @frozen
  @usableFromInline
  package enum Global {
    /// Translation enable and its status: TE, TES.
    @inlinable package static var translation: BitField { BitField(31) }
    /// Set root table pointer and its status: SRTP, RTPS.
    @inlinable package static var rootTable: BitField { BitField(30) }
    /// Queued invalidation enable and its status: QIE, QIES.
    @inlinable package static var queue: BitField { BitField(26) }
    /// What a command repeats of the status: the rest acts once.
    @inlinable package static var lasting: UInt64 { 0x96ff_ffff }
  }

  /// Fields of ``faultStatus``; each is cleared by writing it as 1.
  @frozen
  @usableFromInline
  package enum Fault {
    /// Invalidation queue error, IQE: the queue stopped at a descriptor that
    /// is not valid.
    @inlinable package static var queue: BitField { BitField(4) }
    /// Invalidation completion error, ICE: a device answered with an error.
    @inlinable package static var completion: BitField { BitField(5) }
    /// Invalidation time-out error, ITE: a device did not answer in time.
    @inlinable package static var timeOut: BitField { BitField(6) }
    /// All that concern the queue.
    @inlinable package static var all: UInt64 {
      queue.mask | completion.mask | timeOut.mask
    }
  }

  /// Fields of ``rootTableAddress``.
  @frozen
  @usableFromInline
  package enum RootTable {
    /// Translation table mode, TTM: 1 for scalable mode.
    @inlinable package static var mode: BitField { BitField(11, 10) }
    /// Root table address, RTA.
    @inlinable package static var address: UInt64 { ~0xfff }
  }

  /// Fields of ``queueAddress``; its lowest bits, QS, are zero for a queue of
  /// one frame.
  @frozen
  @usableFromInline
  package enum Queue {
    /// Descriptor width, DW: 1 for 256 bits.
    @inlinable package static var wideDescriptors: BitField { BitField(11) }
  }
}
