// SPDX-License-Identifier: Apache-2.0

/// Where faults of the catalogue happened, where several did at once.
///
/// Messages are of the thread "iommu/sva: Invalidate KVA range on kernel TLB
/// flush" and its versions, on the kernel's lists from July to October 2025.
enum Origin {
  /// What the entry guards is Fallow's own claim.
  static let claim = "Fallow's own: the claim itself"

  /// Of the thread.
  private static func sva(_ what: String) -> String {
    "iommu/sva: Invalidate KVA range on kernel TLB flush, \(what)"
  }

  static let version1 = sva("version 1: it sleeps under a spin lock")
  static let version3 = sva("version 3: freed while a flush is scheduled")
  static let draft = sva("the draft of 8 August 2025")
  static let review = sva("August 2025: the PMD page of pud_free_pmd_page()")
  static let version4 = sva("version 4: boot tables that an unplug frees")
  static let version6 = sva("version 6: syzbot on pmd_set_huge()")
  static let version7 = sva("version 7: tables that wait while memory is short")

  static let booting =
    "Linux 7.2.11: don't schedule deferred kernel page table freeing while "
    + "booting"
  static let order = "Linux: x86/mm: fix freeing of PMD-sized vmemmap pages"
  static let ptdump = "syzbot fd95a72470f5: ptdump beside a collapse"
  static let reset =
    "Linux's pci_dev_reset_iommu_prepare(): a flush that a reset ignores"
  static let rejected =
    "Linux 7.2, qi_submit_sync(): a descriptor that is rejected becomes a wait"
  static let deviceFirst =
    "Linux's SMMUv3 driver: ATS must be after a sync of the invalidations"
}

extension Catalogue {
  /// What happened nowhere that Fallow knows of: a way in which the claim could
  /// fail.
  static func own(_ what: String) -> String { "Fallow's own: \(what)" }
}
