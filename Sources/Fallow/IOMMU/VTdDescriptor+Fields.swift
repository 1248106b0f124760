// SPDX-License-Identifier: Apache-2.0

/// How a descriptor is laid out.
extension VTdDescriptor {
  /// What a descriptor is for: its lowest four bits.
  @frozen
  @usableFromInline
  package enum Kind: UInt64, Sendable {
    /// Context-cache invalidate.
    case contextCache = 1
    /// IOTLB invalidate, by domain.
    case iotlb = 2
    /// Device-TLB invalidate, of requests without a PASID.
    case deviceTLB = 3
    /// Invalidation wait.
    case wait = 5
    /// PASID-based IOTLB invalidate.
    case pasidIOTLB = 6
    /// PASID-cache invalidate.
    case pasidCache = 7
    /// PASID-based device-TLB invalidate.
    case pasidDeviceTLB = 8
  }

  /// How much is dropped, G, where a kind has a choice.
  @frozen
  @usableFromInline
  package enum Granularity: UInt64, Sendable {
    /// Everything; of a PASID-cache invalidation the entry of one PASID.
    case all = 1
    /// All addresses of a space.
    case space = 2
    /// Some pages of a space.
    case pages = 3
  }

  @inlinable
  init(
    _ kind: Kind, _ granularity: Granularity, _ fields: UInt64 = 0,
    _ high: UInt64 = 0
  ) {
    self.init(
      low: kind.rawValue | Field.granularity(granularity.rawValue) | fields,
      high: high)
  }

  /// Fields; those of the second word are marked.
  @frozen
  @usableFromInline
  package enum Field {
    /// The kind of the descriptor.
    @inlinable package static var kind: BitField { BitField(3, 0) }
    /// Granularity, G.
    @inlinable package static var granularity: BitField { BitField(5, 4) }
    /// Drain writes, DW, of an IOTLB invalidation.
    @inlinable package static var drainsWrites: BitField { BitField(6) }
    /// Drain reads, DR, of an IOTLB invalidation.
    @inlinable package static var drainsReads: BitField { BitField(7) }
    /// Domain-ID, DID.
    @inlinable package static var domain: BitField { BitField(31, 16) }
    /// PASID.
    @inlinable package static var pasid: BitField { BitField(51, 32) }
    /// Address mask, AM: 2^AM pages; in the second word.
    @inlinable package static var addressMask: BitField { BitField(5, 0) }
    /// Invalidation hint, IH: only leaves changed; in the second word.
    @inlinable package static var leavesOnly: BitField { BitField(6) }

    /// Status write, SW, of a wait.
    @inlinable package static var statusWrite: BitField { BitField(5) }
    /// Fence flag, FN, of a wait.
    @inlinable package static var fence: BitField { BitField(6) }
    /// Status data of a wait.
    @inlinable package static var statusData: BitField { BitField(63, 32) }

    /// Maximum invalidations pending, MIP, of a PASID-based device-TLB
    /// invalidation.
    @inlinable package static var depth: BitField { BitField(8, 4) }
    /// Source-ID, SID, of the same.
    @inlinable package static var source: BitField { BitField(31, 16) }
    /// Size, S, of the same; in the second word.
    @inlinable package static var size: BitField { BitField(11) }
    /// MIP of a device-TLB invalidation.
    @inlinable package static var plainDepth: BitField { BitField(20, 16) }
    /// SID of the same.
    @inlinable package static var plainSource: BitField { BitField(47, 32) }
    /// S of the same; in the second word.
    @inlinable package static var plainSize: BitField { BitField(0) }
    /// Physical function source-ID, PFSID, of both: its lowest 4 bits.
    @inlinable package static var functionLow: BitField { BitField(15, 12) }
    /// Its other bits.
    @inlinable package static var functionHigh: BitField { BitField(63, 52) }
  }
}
