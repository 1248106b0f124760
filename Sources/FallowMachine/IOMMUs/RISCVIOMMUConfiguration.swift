// SPDX-License-Identifier: Apache-2.0

/// What a RISC-V IOMMU can do, and what it caches.
///
/// By the RISC-V IOMMU Architecture Specification, version 1.0: each property
/// names the section, and whether that demands or allows it.
public struct RISCVIOMMUConfiguration: Equatable, Sendable {
  // MARK: Capabilities

  /// What `ddtp.iommu_mode` can hold: 0 is Off, 1 Bare, 2 to 4 device
  /// directories of one to three levels.
  ///
  /// "Device-directory-table pointer (ddtp)": one of the directories, at least.
  public var modes: Set<UInt64> = [0, 1, 2, 3, 4]

  /// Which widths of process IDs there are: PD8, PD17 and PD20 from bit 0 on.
  public var processIDs: UInt64 = 7

  /// Whether device contexts have 64 bytes, not 32: MSI_FLAT.
  public var hasExtendedContexts = true

  /// Whether it sets accessed and dirty bits where a context asks for it:
  /// AMO_HWAD.
  public var updatesBits = true

  /// Whether devices may ask for translations, and cache them: ATS.
  ///
  /// A context that allows it where the IOMMU lacks it is misconfigured:
  /// "Device-context configuration checks".
  public var hasATS = false

  /// For how long a write to `ddtp` or `cqcsr` is under way, in nanoseconds;
  /// further writes are lost meanwhile.
  ///
  /// Both registers' sections: allowed.
  public var busyTime: UInt64 = 0

  // MARK: Cache rules

  /// Whether an invalidation that names a PSCID spares global leaves.
  ///
  /// "IOMMU Page-Table cache invalidation commands": demanded of software to
  /// expect.
  public var tagSparesGlobalLeaves = true

  /// Whether an invalidation that names an address spares pointers to tables.
  ///
  /// The same section: it is for leaves.
  public var addressSparesTables = true

  /// Whether contexts are cached.
  ///
  /// "IOMMU directory cache invalidation commands": allowed. What is not valid
  /// is never cached: "Caching invalid entries".
  public var cachesContexts = true

  /// All that the specification demands and allows.
  public init() {}
}
