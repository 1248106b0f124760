// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Something that translates addresses through tables.
public enum Walker: Equatable, Sendable {
  /// The CPU with that number.
  case cpu(Int)
  /// The IOMMU with that number, for a device behind it.
  case iommu(Int)
}

/// Where a walker had a pointer from.
public enum TranslationSource: Equatable, Sendable {
  /// A leaf of the IOTLB, or of a CPU's TLB.
  case iotlb
  /// The paging-structure cache of entries of tables of that level.
  case pagingStructure(level: Int)
  /// A table in memory, or the register or structure that names the root.
  case memory
}

/// A use of something that had ceased to be what the walker took it for.
///
/// It is a stale walk, of an entry of a table that is no longer one, or a
/// stale access, to a leaf frame that has a new owner.
public struct StaleUse: Equatable, Sendable {
  /// When, in simulated nanoseconds.
  public var time: UInt64
  /// The walker.
  public var walker: Walker
  /// In which address space: the PASID of a device, the PCID of a CPU.
  public var pasid: PASID
  /// The virtual address that was asked for.
  public var address: VirtualAddress
  /// The level of the table, or for an access of the leaf.
  public var level: Int
  /// Where the pointer to the frame came from.
  public var cache: TranslationSource
  /// The frame that was used.
  public var frame: FrameNumber
  /// The word that a walk read there; nil for an access.
  public var entry: UInt64?
  /// Whether a walk wrote an accessed or dirty bit there, or the access was a
  /// write.
  public var isWrite: Bool
  /// What the walker took the owner for: a table, or a run of leaf frames.
  public var ownerThen: FrameOwner
  /// The owner.
  public var ownerNow: FrameOwner
  /// For how long the table was quarantined before its release, in
  /// nanoseconds; nil if it was not.
  public var quarantine: UInt64?
}
