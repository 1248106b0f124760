// SPDX-License-Identifier: Apache-2.0

/// Fields of the structures by which a VT-d IOMMU finds the tables of a
/// request: root table, context table, PASID directory, PASID table.
///
/// Names are the manual's; bits as in Linux's `drivers/iommu/intel/pasid.h`
/// and `iommu.h`. Every entry's address field is bits 63 to 12.
@frozen
@usableFromInline
package enum VTdEntry {
  /// Present, P: of every entry's first word.
  @inlinable package static var present: BitField { BitField(0) }

  /// The address of the next structure.
  @inlinable package static var address: UInt64 { ~0xfff }

  /// The size of a scalable-mode context entry in bytes.
  @inlinable package static var contextSize: UInt64 { 32 }

  /// The size of a PASID table entry in bytes.
  @inlinable package static var pasidEntrySize: UInt64 { 64 }

  /// The binary logarithm of the entries of a PASID table.
  @inlinable package static var pasidTableBits: UInt64 { 6 }

  /// A scalable-mode context entry's first word; the second holds RID_PASID,
  /// the number under which requests without a PASID are looked up.
  @frozen
  @usableFromInline
  package enum Context {
    /// Device-TLB enable, DTE.
    @inlinable package static var deviceTLB: BitField { BitField(2) }
    /// PASID enable, PASIDE.
    @inlinable package static var pasids: BitField { BitField(3) }
    /// PASID directory size, PDTS: 2^(7 + PDTS) entries.
    @inlinable package static var directorySize: BitField { BitField(11, 9) }
  }

  /// A PASID table entry.
  @frozen
  @usableFromInline
  package enum Space {
    /// Address width, AW: 2 for 48 bits; in the first word.
    @inlinable package static var width: BitField { BitField(4, 2) }
    /// PASID granular translation type, PGTT: 1 for first stage only; in the
    /// first word.
    @inlinable package static var translation: BitField { BitField(8, 6) }

    /// Domain identifier, DID; in the second word.
    @inlinable package static var domain: BitField { BitField(15, 0) }
    /// Page-walk snoop, PWSNP; in the second word.
    @inlinable package static var snoopedWalks: BitField { BitField(23) }

    /// Supervisor request enable, SRE: requests of supervisor privilege are
    /// allowed; in the third word.
    @inlinable package static var supervisor: BitField { BitField(0) }
    /// First-stage paging mode, FSPM: 0 for 4 levels; in the third word,
    /// whose address is the root.
    @inlinable package static var levels: BitField { BitField(3, 2) }
    /// No-execute enable, NXE: bit 63 of an entry is its XD bit; in the third
    /// word.
    @inlinable package static var noExecute: BitField { BitField(5) }
  }
}
