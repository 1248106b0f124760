// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Pages that go to another owner: what was mapped is cleared, forgotten, and
/// given away, while the table stays.
extension Catalogue {
  private static func remap(
    _ name: String, _ what: String, _ origin: String, _ oracle: Oracle,
    _ fault: LeafFault = .none, driver: DriverFault = .none,
    _ adapt: (inout Scenario) -> Void = { _ in }
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.start = .mapped
    scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
    scenario.mustHappen = [.walked]
    adapt(&scenario)
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        try remap(slot, on: machine, fault, driver)
      }
    }
  }

  private static func remap(
    _ slot: Slot, on machine: SteppingMachine, _ fault: LeafFault,
    _ driver: DriverFault
  ) throws(Stop) -> Bool {
    guard let table = try machine.table(at: slot.rootEntry) else {
      return false
    }
    let isForgotten = try machine.changeLeaf(of: slot, fault, driver) {
      () throws(Stop) in
      _ = try machine.exchange(0, at: table.address + slot.leafOffset)
      if fault == .givesFirst { try machine.releasePages(of: slot) }
    }
    // If they have not, nobody says so, and the pages stay where they are.
    if isForgotten, fault != .givesFirst {
      try machine.releasePages(of: slot)
    }
    return true
  }

  /// Remaps that are right, and those that are not.
  static var remaps: [CatalogueEntry] {
    let mremap = "CVE-2018-18281: mremap() flushes after the lock is dropped"
    let deferred = "CVE-2020-27671 (XSA-346): the IOMMU is told too late"
    let missing = "CVE-2023-34326 (XSA-442): an IOMMU that is not flushed"
    return [
      remap(
        "remap", "a page goes to another owner once all have forgotten it",
        Origin.claim, .none),
      remap(
        "remap-ats", "the same with a device TLB", Origin.claim, .none
      ) { $0.bounds.ats = true },
      remap(
        "remap-two-iommus", "the same behind two IOMMUs", Origin.claim,
        .none
      ) { $0.bounds.iommus = 2 },
      remap(
        "remap-failing", "the same with an IOMMU that may fail",
        Origin.claim, .none
      ) { $0 = $0.mayFailOnce },
      remap(
        "remap-leaves-only", "the same with the hint that only leaves changed",
        Origin.claim, .none, driver: .leavesOnly),
      remap(
        "remap-unflushed", "no CPU is flushed",
        "CVE-2022-39189: KVM leaves out a flush", .staleLeaf, .noCPUFlush),
      remap(
        "remap-flushes-first", "the CPUs flush before the leaf is cleared",
        mremap, .staleLeaf, .flushesFirst),
      remap(
        "remap-flushes-neighbour", "the CPUs flush the page beside it",
        "CVE-2021-4002: another range is flushed", .staleLeaf,
        .flushesNeighbour),
      remap(
        "remap-flushes-nothing", "the CPUs flush an empty range",
        "CVE-2021-4002: another range is flushed", .staleLeaf,
        .flushesNothing),
      remap(
        "remap-uninvalidated", "no IOMMU is told", missing, .staleLeaf,
        .noInvalidation),
      remap(
        "remap-invalidates-first",
        "the IOMMU is told before the leaf is cleared", deferred, .staleLeaf,
        .invalidatesFirst),
      remap(
        "remap-gives-first", "the page goes before anyone has forgotten it",
        "CVE-2017-15588 (XSA-241)", .staleLeaf, .givesFirst),
      remap(
        "remap-ignores-answer", "a time-out is taken for an answer",
        "CVE-2021-28692 (XSA-373)", .staleLeaf, .ignoresAnswer
      ) { $0 = $0.mayFailOnce },
      remap(
        "remap-no-wait", "nobody waits for the invalidation", deferred,
        .staleLeaf, driver: .noWait),
      remap(
        "remap-silent", "only a wait is queued", missing, .staleLeaf,
        driver: .silent),
      remap(
        "remap-other-stage", "the other stage's cache is emptied",
        "Linux 04b1b069f151", .staleLeaf, driver: .otherStage),
      remap(
        "remap-upper-part", "the range begins in the middle", missing,
        .staleLeaf, driver: .upperPart),
      remap(
        "remap-first-iommu", "the second IOMMU is not asked", missing,
        .staleLeaf, driver: .firstIOMMU
      ) { $0.bounds.iommus = 2 },
      remap(
        "remap-first-pasid", "the second PASID is not asked", missing,
        .staleLeaf, driver: .firstPASID
      ) { $0.bounds.pasids = 2 },
      remap(
        "remap-no-device", "the device's TLB is not emptied",
        "Linux's pci_dev_reset_iommu_prepare(): a flush left out", .staleLeaf,
        driver: .noDevice
      ) { $0.bounds.ats = true },
      remap(
        "remap-device-first", "the device's TLB is emptied before the IOTLB",
        "PCIe ATS: the order that VT-d's specification demands", .staleLeaf,
        driver: .deviceFirst
      ) { $0.bounds.ats = true },
      remap(
        "remap-undrained", "a wait does not cover walks under way",
        "the setting that VT-d's specification excludes", .staleLeaf
      ) { $0.rules = $0.rules.undrained },
    ]
  }
}
