// SPDX-License-Identifier: Apache-2.0

/// How the start of an IOMMU ended.
@frozen
public enum StartOutcome: Equatable, BitwiseCopyable, Sendable {
  /// It translates, and no device can reach anything yet.
  case started
  /// Its number is not 0 to 31.
  case noSuchIOMMU
  /// It was started before.
  case alreadyStarted
  /// It lacks something that the driver relies on; nothing was changed.
  case lacks(IOMMUFeature)
  /// There was no frame for its structures; nothing was changed.
  case outOfFrames
  /// It did not do in time what a register or a command demands.
  case unanswered
}

/// What a driver relies on an IOMMU for.
@frozen
public enum IOMMUFeature: UInt8, BitwiseCopyable, Sendable {
  /// The version of the specification that the driver knows.
  case knownVersion
  /// VT-d: scalable mode, ECAP.SMTS.
  case scalableMode
  /// Walks of the page-table format: ECAP.FSTS, capabilities.Sv39 to Sv57, or
  /// IDR0.S1P, IDR0.TTF and IDR5.GRAN4K.
  case pageTableFormat
  /// VT-d: the invalidation queue, ECAP.QI.
  case invalidationQueue
  /// A command queue of one frame: cqb.LOG2SZ, or IDR1.CMDQS.
  case queueOfOneFrame
  /// The CPUs' stores to the structures are seen: ECAP.C, or IDR0.COHACC.
  case coherentStructures
  /// VT-d: the same without a command that flushes a buffer, CAP.RWBF.
  case unbufferedStores
  /// VT-d: invalidations drain reads and writes, CAP.DRD and CAP.DWD.
  case drainedInvalidations
  /// VT-d: leaves as large as the kernel makes them, CAP.FL1GP.
  case largeLeaves
  /// RISC-V: a device directory, ddtp.iommu_mode.
  case deviceDirectory
  /// Little-endian structures and tables: fctl.BE, or IDR0.TTENDIAN.
  case littleEndian
  /// SMMUv3: structures whose place software chooses, IDR1.TABLES_PRESET and
  /// QUEUES_PRESET.
  case movableStructures
  /// SMMUv3: physical addresses as wide as the kernel's, IDR5.OAS.
  case physicalAddresses
}

/// How a call that makes a device known to its IOMMU ended.
@frozen
public enum AddOutcome: Equatable, BitwiseCopyable, Sendable {
  /// It is known, and reaches nothing yet.
  case added
  /// The IOMMU's number is not 0 to 31, or it is not started.
  case noSuchIOMMU
  /// The IOMMU has no place for a requester of that number.
  case outOfReach
  /// It is known already.
  case alreadyKnown
  /// It is being expelled, or its expulsion is to be repeated.
  case leaving
  /// The IOMMU does not invalidate TLBs of devices: VT-d's ECAP.DT.
  case noDeviceTLBs
  /// There was no frame for the device's structures; nothing was changed.
  case outOfFrames
}

/// What an IOMMU can do that callers may want to know.
@frozen
public struct IOMMUCapabilities: Equatable, BitwiseCopyable, Sendable {
  /// The width of the PASIDs that it looks up; 0 if requests must not carry
  /// one.
  public var pasidBits: Int

  /// The highest level of a table whose leaves it walks.
  public var maxLeafLevel: Int

  /// Whether it sets accessed and dirty bits; if not, it refuses leaves that
  /// lack them.
  public var setsAccessedAndDirty: Bool

  /// Whether devices may have TLBs of their own.
  public var hasDeviceTLBs: Bool

  /// The capabilities with these values.
  @inlinable
  init(
    pasidBits: Int, maxLeafLevel: Int, setsAccessedAndDirty: Bool,
    hasDeviceTLBs: Bool
  ) {
    self.pasidBits = pasidBits
    self.maxLeafLevel = maxLeafLevel
    self.setsAccessedAndDirty = setsAccessedAndDirty
    self.hasDeviceTLBs = hasDeviceTLBs
  }

  /// The capabilities of an IOMMU that does not exist.
  @inlinable
  static var none: Self {
    Self(
      pasidBits: 0, maxLeafLevel: 0, setsAccessedAndDirty: false,
      hasDeviceTLBs: false)
  }
}
