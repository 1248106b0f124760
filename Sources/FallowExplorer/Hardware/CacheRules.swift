// SPDX-License-Identifier: Apache-2.0

/// What the IOMMUs of a vendor may cache, and what each command makes them
/// forget: data, so that a vendor is a value.
public struct CacheRules: BitwiseCopyable, Sendable {
  /// What a command drops.
  public enum Drop: UInt8, BitwiseCopyable, Sendable {
    /// Nothing.
    case nothing
    /// Whatever covers an address of the range.
    case overlapping
    /// Whatever covers an address of the range and is not larger than it.
    case withinSize
    /// Everything of the PASID.
    case everything
  }

  /// Whose rules they are.
  public var vendor: Vendor

  /// What an invalidation of a range drops of the pointers to tables.
  public var rangeDropsTables: Drop

  /// The same with the hint that only leaves changed.
  public var leafRangeDropsTables: Drop

  /// What an invalidation of a range drops of the leaves.
  public var rangeDropsLeaves: Drop

  /// Whether a wait completes only when the walks that used what earlier
  /// commands dropped have ended.
  public var waitDrains: Bool

  /// Whether a command that names a space spares its global leaves.
  public var namedSpaceSparesGlobals = false

  /// The same of a command that names addresses beside the space.
  public var namedRangeSparesGlobals = false

  /// Whether what a command drops may stay until a command of that kind is
  /// carried out again, after the next fence and before the one behind that.
  public var keepsWhatIsInvalidatedOnce = false

  /// Whether what a command drops of the entries that lead to spaces may still
  /// be used by walks that begin after the commands behind it, up to the next
  /// fence: commands may pass each other.
  public var entriesDropLate = false

  /// Whether a CPU may cache that an address is not mapped.
  public var cpusCacheAbsence = false

  /// Into which tables a walker writes that an entry was used.
  public var flags = Flags.none

  /// Whether a walker must not hold leaves of two sizes for one address:
  /// the architecture demands break-before-make.
  public var forbidsMixedSizes = false

  /// The entries in which a walker sets flags.
  public enum Flags: UInt8, BitwiseCopyable, Sendable {
    /// None: software sets them.
    case none
    /// Leaves.
    case leaves
    /// Leaves, and entries that lead to tables.
    case tables
  }

  /// Whose rules a value states.
  public enum Vendor: UInt8, BitwiseCopyable, Sendable {
    /// Intel VT-d.
    case vtd
    /// AMD-Vi.
    case amd
    /// The RISC-V IOMMU.
    case riscv
    /// Arm SMMUv3.
    case smmuv3
  }

  /// Intel VT-d, first stage.
  ///
  /// - With IH=0 a page-selective command drops every paging-structure entry
  ///   used for an address of its range; with IH=1 it may keep them. Known from
  ///   comments in Linux's `drivers/iommu/generic_pt` tests, which quote the
  ///   specification; by driver.
  /// - That a wait covers walks under way is inferred from how Linux relies on
  ///   it; ``undrained`` is the other setting.
  public static var vtd: CacheRules {
    CacheRules(
      vendor: .vtd, rangeDropsTables: .overlapping,
      leafRangeDropsTables: .nothing, rangeDropsLeaves: .overlapping,
      waitDrains: true)
  }

  /// AMD-Vi: an entry that covers more than the command's size stays.
  ///
  /// Known from a comment in the same Linux tests that says the vendor
  /// confirmed it; by driver.
  public static var amd: CacheRules {
    CacheRules(
      vendor: .amd, rangeDropsTables: .withinSize,
      leafRangeDropsTables: .nothing, rangeDropsLeaves: .withinSize,
      waitDrains: true)
  }

  /// The RISC-V IOMMU.
  ///
  /// - IOTINVAL.VMA with an address drops leaves alone, and with a PSCID spares
  ///   those that are global (RISC-V IOMMU Architecture Specification, section
  ///   "IOMMU Page-Table cache invalidation commands").
  /// - Commands may be executed out of order up to an IOFENCE.C (section
  ///   "Command-Queue (CQ)").
  /// - That IOFENCE.C with PR and PW covers walks under way is inferred, as for
  ///   VT-d.
  public static var riscv: CacheRules {
    CacheRules(
      vendor: .riscv, rangeDropsTables: .nothing,
      leafRangeDropsTables: .nothing, rangeDropsLeaves: .overlapping,
      waitDrains: true, namedSpaceSparesGlobals: true,
      namedRangeSparesGlobals: true, entriesDropLate: true)
  }

  /// Arm SMMUv3, stage 1.
  ///
  /// - CMD_TLBI_NH_VA drops what its address was translated by, global leaves
  ///   too, and with Leaf set spares pointers to tables. CMD_TLBI_NH_ASID
  ///   spares global leaves. As Linux's `drivers/iommu/arm/arm-smmu-v3` relies
  ///   on it.
  /// - What CMD_CFGI drops is gone at the next CMD_SYNC; Linux puts one between
  ///   a context that is cleared and its translations.
  /// - CMD_SYNC completes when walks that used what was dropped have ended, as
  ///   Linux relies on it.
  public static var smmuv3: CacheRules {
    CacheRules(
      vendor: .smmuv3, rangeDropsTables: .overlapping,
      leafRangeDropsTables: .nothing, rangeDropsLeaves: .overlapping,
      waitDrains: true, namedSpaceSparesGlobals: true, entriesDropLate: true)
  }

  /// The same IOMMUs beside CPUs that may cache that an address is not mapped.
  ///
  /// A RISC-V hart without Svvptc may cache an entry that is not valid (RISC-V
  /// privileged specification, section on `SFENCE.VMA`).
  public var cachingAbsence: CacheRules {
    var rules = self
    rules.cpusCacheAbsence = true
    return rules
  }

  /// The same hardware with an erratum: an invalidation that races traffic may
  /// keep what it names.
  ///
  /// Linux 06b15ddcfbc0, of Tegra264: every CMD_CFGI and CMD_TLBI, and the
  /// CMD_SYNC after it, is issued twice.
  public var repeatingInvalidations: CacheRules {
    var rules = self
    rules.keepsWhatIsInvalidatedOnce = true
    return rules
  }

  /// The same hardware with walkers that set flags.
  ///
  /// An SMMUv3 with IDR0.HTTU sets those of leaves; with FEAT_HAFT a CPU, and
  /// with HTTU = 3 an SMMU, sets the accessed flag of entries that lead to
  /// tables too (Linux's `arm-smmu-v3.h` and `CONFIG_ARM64_HAFT`).
  ///
  /// - Parameter flags: The entries.
  public func setting(_ flags: Flags) -> CacheRules {
    var rules = self
    rules.flags = flags
    return rules
  }

  /// The same hardware without level 2 of break-before-make support: a table
  /// and a leaf must not be exchanged while the entry is present.
  public var demandingBreaks: CacheRules {
    var rules = self
    rules.forbidsMixedSizes = true
    return rules
  }

  /// The same hardware whose waits do not cover walks under way.
  public var undrained: CacheRules {
    var rules = self
    rules.waitDrains = false
    return rules
  }
}
