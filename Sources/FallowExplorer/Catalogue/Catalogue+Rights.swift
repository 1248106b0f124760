// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowSchemes

/// Rights that are taken away: a leaf is narrowed, and every walker forgets
/// what it said.
extension Catalogue {
  private static func narrow(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .staleRight, _ fault: LeafFault = .none,
    driver: DriverFault = .none, _ adapt: (inout Scenario) -> Void = { _ in }
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1).keepingRights
    scenario.start = .mapped
    scenario.moves = [Move(.narrow, from: .mapped, to: .readOnly)]
    scenario.mustHappen = [.walked]
    adapt(&scenario)
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = PlainProtocol.Steps.mapWritable
      $0.narrow = { (machine, slot) throws(Stop) in
        try narrow(slot, on: machine, fault, driver)
      }
    }
  }

  private static func narrow(
    _ slot: Slot, on machine: SteppingMachine, _ fault: LeafFault,
    _ driver: DriverFault
  ) throws(Stop) -> Bool {
    guard let table = try machine.table(at: slot.rootEntry) else {
      return false
    }
    return try machine.changeLeaf(of: slot, fault, driver) {
      () throws(Stop) in
      _ = try machine.exchange(
        fault == .losesLeaf ? 0 : slot.leaf,
        at: table.address + slot.leafOffset)
    }
  }

  /// Narrowings that are right, and those that are not.
  static var rights: [CatalogueEntry] {
    let protect = "asterinas 970: protecting a page flushes nothing"
    let mprotect =
      "Linux: mm, mprotect: flush TLB if potentially racing with a parallel "
      + "reclaim"
    let guest = "CVE-2022-39189: KVM leaves out a flush"
    let missing = "CVE-2023-34326 (XSA-442): an IOMMU that is not flushed"
    let deferred = "CVE-2020-27671 (XSA-346): the IOMMU is flushed too late"
    return [
      narrow(
        "narrow", "rights go, and every walker forgets them",
        Origin.claim, .none),
      narrow(
        "narrow-ats", "the same with a device TLB", Origin.claim, .none
      ) { $0.bounds.ats = true },
      narrow(
        "narrow-two-iommus", "the same behind two IOMMUs", Origin.claim,
        .none
      ) { $0.bounds.iommus = 2 },
      narrow(
        "narrow-leaves-only", "the same with the hint that only leaves changed",
        Origin.claim, .none, driver: .leavesOnly),
      narrow(
        "narrow-unflushed", "no CPU is flushed", protect, .staleRight,
        .noCPUFlush),
      narrow(
        "narrow-flushes-first", "the CPUs flush before the leaf is narrowed",
        mprotect, .staleRight, .flushesFirst),
      narrow(
        "narrow-flushes-neighbour", "the CPUs flush the page beside it",
        guest, .staleRight, .flushesNeighbour),
      narrow(
        "narrow-flushes-nothing", "the CPUs flush an empty range", guest,
        .staleRight, .flushesNothing),
      narrow(
        "narrow-uninvalidated", "no IOMMU is asked", missing, .staleRight,
        .noInvalidation),
      narrow(
        "narrow-invalidates-first",
        "the IOMMU is asked before the leaf is narrowed", deferred,
        .staleRight, .invalidatesFirst),
      narrow(
        "narrow-ignores-answer", "a time-out is taken for an answer",
        "CVE-2021-28692 (XSA-373)", .staleRight, .ignoresAnswer
      ) { $0 = $0.mayFailOnce },
      narrow(
        "narrow-no-wait", "nobody waits for the invalidation", deferred,
        driver: .noWait),
      narrow(
        "narrow-first-iommu", "the second IOMMU is not asked", missing,
        driver: .firstIOMMU
      ) { $0.bounds.iommus = 2 },
      narrow(
        "narrow-no-device", "the device's TLB is not emptied", missing,
        driver: .noDevice
      ) { $0.bounds.ats = true },
      narrow(
        "narrow-undrained", "a wait does not cover walks under way",
        "Fallow's own: the setting that VT-d's specification excludes"
      ) { $0.rules = $0.rules.undrained },
      narrow(
        "narrow-loses-leaf", "the leaf goes with its right",
        "Fallow's own: what narrowing must leave", .wrongLookup, .losesLeaf),
    ]
  }

  /// The library's own narrowing.
  static var narrowings: [CatalogueEntry] {
    func safe(
      _ name: String, _ what: String, _ scenario: Scenario
    ) -> CatalogueEntry {
      library(name, what, Origin.claim, scenario.narrowing, .fallow)
    }
    return [
      safe(
        "narrow-fallow", "map, narrow and unmap", Scenario.mapUnmap(bounds())),
      safe(
        "narrow-two-cpus-fallow", "the same on two CPUs",
        Scenario.mapUnmap(bounds(cpus: 2, frames: 1))),
      safe(
        "narrow-ats-fallow", "the same with a device TLB",
        Scenario.mapUnmap(bounds(frames: 1), ats: true)),
      safe(
        "narrow-failing-fallow", "the same with an IOMMU that may fail",
        Scenario.mapUnmap(bounds(frames: 1), failing: true)),
    ]
  }
}

extension Scenario {
  /// The same, and it is kept which leaves may be written through.
  var keepingRights: Scenario {
    var scenario = self
    scenario.bounds.keepsRights = true
    return scenario
  }

  /// Slots are mapped so that they may be written, narrowed, and unmapped.
  fileprivate var narrowing: Scenario {
    var scenario = keepingRights
    scenario.moves = [
      Move(.mapWritable, from: .empty, to: .mapped),
      Move(.narrow, from: .mapped, to: .readOnly),
      Move(.unmap, from: .readOnly, to: .empty),
      Move(.unmap, from: .mapped, to: .empty),
    ]
    return scenario
  }
}
