// SPDX-License-Identifier: Apache-2.0

/// Fields of the structures by which a RISC-V IOMMU finds the tables of a
/// request, by the names of the RISC-V IOMMU Architecture Specification,
/// chapter "Data structures": the device directory table (DDT), whose leaves
/// are device contexts, and the process directory table (PDT), whose leaves
/// are process contexts.
@frozen
@usableFromInline
package enum RISCVIOMMUEntry {
  /// V: of an entry that leads to a directory, of a device context's first word
  /// and of a process context's first word.
  @inlinable package static var valid: BitField { BitField(0) }

  /// PPN of an entry that leads to a directory.
  @inlinable package static var frame: BitField { BitField(53, 10) }

  /// PSCID: of `ta` of both contexts.
  @inlinable package static var tag: BitField { BitField(31, 12) }

  /// How many bits of a number the entries of one directory above the leaves
  /// distinguish.
  @inlinable package static var indexBits: UInt64 { 9 }

  /// A device context: where its words are, and the fields of `tc`.
  @frozen
  @usableFromInline
  package enum Device {
    /// Translation control, `tc`.
    @inlinable package static var control: UInt64 { 0 }
    /// Translation attributes, `ta`.
    @inlinable package static var attributes: UInt64 { 16 }
    /// First-stage context, `fsc`: `pdtp` where PDTV is set, `iosatp` where it
    /// is not.
    @inlinable package static var firstStage: UInt64 { 24 }

    /// EN_ATS: the device may ask for translations, and cache them.
    @inlinable package static var deviceTLB: BitField { BitField(1) }
    /// EN_PRI: the device may ask for pages; only with EN_ATS.
    @inlinable package static var pageRequests: BitField { BitField(2) }
    /// PDTV: `fsc` leads to process contexts.
    @inlinable package static var hasProcesses: BitField { BitField(5) }
    /// SADE: the IOMMU sets accessed and dirty bits.
    @inlinable package static var updatesBits: BitField { BitField(8) }
    /// DPE: requests without a process ID are of process 0, and without it
    /// they are not translated, where PDTV is set.
    @inlinable package static var hasDefault: BitField { BitField(9) }

    /// The size of a context in bytes.
    @inlinable
    package static func size(isExtended: Bool) -> UInt64 {
      isExtended ? 64 : 32
    }

    /// How many bits of a device ID the contexts of one frame distinguish:
    /// DDI[0].
    @inlinable
    package static func indexBits(isExtended: Bool) -> UInt64 {
      isExtended ? 6 : 7
    }
  }

  /// A process context: where its words are.
  @frozen
  @usableFromInline
  package enum Process {
    /// ENS, of `ta`: requests of supervisor privilege are allowed.
    @inlinable package static var supervisor: BitField { BitField(1) }
    /// Translation attributes, `ta`.
    @inlinable package static var attributes: UInt64 { 0 }
    /// First-stage context, `fsc`.
    @inlinable package static var firstStage: UInt64 { 8 }
    /// The size of a context in bytes.
    @inlinable package static var size: UInt64 { 16 }
    /// How many bits of a process ID the contexts of one frame distinguish:
    /// PDI[0].
    @inlinable package static var indexBits: UInt64 { 8 }

    /// The width of the process IDs of a PDT of `levels` levels: PD8, PD17,
    /// PD20.
    @inlinable
    package static func bits(levels: UInt64) -> UInt64 {
      levels == 0 ? 0 : min(indexBits &+ 9 &* (levels &- 1), 20)
    }
  }

  /// `iosatp` and `pdtp`.
  @frozen
  @usableFromInline
  package enum Root {
    /// PPN.
    @inlinable package static var frame: BitField { BitField(43, 0) }
    /// MODE: of `iosatp` 8 for Sv39, 9 for Sv48, 10 for Sv57; of `pdtp` how
    /// many levels there are.
    @inlinable package static var mode: BitField { BitField(63, 60) }
  }
}
