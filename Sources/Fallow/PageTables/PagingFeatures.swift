// SPDX-License-Identifier: Apache-2.0

/// What the CPUs and IOMMUs that walk the tables can do, where the format's
/// manual leaves it open.
///
/// The default is all of it, and the safe side of break-before-make; a platform
/// whose CPUs lack something says so in ``Processors/paging``.
@frozen
public struct PagingFeatures: Equatable, BitwiseCopyable, Sendable {
  /// The highest level at which they accept leaves, if the format has it: 2
  /// where an x86-64 CPU or an IOMMU lacks leaves of 1 GiB.
  public var maxLeafLevel: Int

  /// Whether leaves can have a memory type: false on RISC-V without Svpbmt.
  public var hasMemoryTypes: Bool

  /// Whether accessed and dirty are recorded, by every walker or by a fault
  /// handler; if not, each new leaf is accessed, and dirty if it is writable or
  /// becomes so.
  public var recordsUse: Bool

  /// Whether a leaf may replace a table, and a table a leaf, while the entry is
  /// present: on AArch64, FEAT_BBM level 2.
  public var replacesLiveEntries: Bool

  /// The width of physical addresses, in bits, where it is less than the
  /// format's.
  @inlinable
  public var physicalAddressBits: UInt64 {
    get { UInt64(truncatingIfNeeded: unreachableBits.trailingZeroBitCount) }
    set { unreachableBits = ~0 << newValue }
  }

  /// The bits that no physical address has: a look at an address is one mask.
  @usableFromInline var unreachableBits: UInt64

  /// The features; each is one that CPUs have, if it is not given.
  ///
  /// - Parameters:
  ///   - maxLeafLevel: The highest level at which walkers accept leaves.
  ///   - hasMemoryTypes: Whether leaves can have a memory type.
  ///   - recordsUse: Whether accessed and dirty are recorded.
  ///   - replacesLiveEntries: Whether a leaf may replace a table, and a table a
  ///     leaf, while the entry is present.
  ///   - physicalAddressBits: The width of physical addresses, in bits.
  @inlinable
  @inline(__always)
  public init(
    maxLeafLevel: Int = .max, hasMemoryTypes: Bool = true,
    recordsUse: Bool = true, replacesLiveEntries: Bool = false,
    physicalAddressBits: UInt64 = 63
  ) {
    self.maxLeafLevel = maxLeafLevel
    self.hasMemoryTypes = hasMemoryTypes
    self.recordsUse = recordsUse
    self.replacesLiveEntries = replacesLiveEntries
    unreachableBits = ~0 << physicalAddressBits
  }
}

extension Processors {
  /// All of them, and break-before-make where the format demands it.
  @inlinable
  @inline(__always)
  public var paging: PagingFeatures { PagingFeatures() }
}
