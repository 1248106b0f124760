// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// Faults of joining and leaving.
  static var members: [CatalogueEntry] {
    let shared = Scenario.mapUnmap(bounds(cpus: 2)).apart(cpu: 1)
    let two = Scenario.mapUnmap(bounds(cpus: 2), iommus: 2).apart(cpu: 1)
    return [
      member(
        "announces-late", .announcesLate,
        "the device walks before it is announced",
        Origin.version3, .invalidationSkipped, shared),
      member(
        "second-device-late", .announcesLate,
        "a device behind a second IOMMU walks before it is announced",
        own("a second IOMMU joins late"),
        .invalidationSkipped, two),
      member(
        "never-announces", .neverAnnounces,
        "a device behind a second IOMMU is not announced",
        own("a second IOMMU is not announced"),
        .invalidationSkipped, two),
      member(
        "withdraws-early", .withdrawsEarly,
        "the device is off the list before its IOMMU has forgotten",
        own("an unbind that withdraws before it detaches"),
        .invalidationSkipped, shared),
      member(
        "withdraws-unanswered", .withdrawsUnanswered,
        "the device is off the list although its IOMMU did not answer",
        own("an unbind that nobody answers"), .failureIgnored,
        .mapUnmap(bounds(cpus: 2), failing: true).apart(cpu: 1)),
      member(
        "exit-keeps-walking", .keepsWalking,
        "the space is off the list and its PASID is live",
        own("a process exits, and its PASID stays live"),
        .invalidationSkipped, shared),
      member(
        "reuses-unflushed", .reusesUnflushed,
        "a PASID is used again, and nothing was forgotten",
        own("a PASID is used again without a flush"),
        .invalidationSkipped, shared),
      member(
        "frees-root-first", .freesRootFirst,
        "a root is given back that the list of shared spaces leads through",
        "CVE-2026-23429", .endedWhileBound, shared),
      member(
        "lock-inversion", .drainsUnderLock,
        "bind wants the worker's lock, the worker bind's",
        own("a bind that waits for the worker"), .deadlock,
        shared),
      vtd(
        "present-first",
        "a PASID's entry is present before the rest of it is written",
        "CVE-2026-45945", .tornEntry, .vtd(joins: true)
      ) { AlteredDriver(right: $0, alteration: VTdFault.presentFirst) },
      driver(
        "keeps-entry", .keepsEntry,
        "unbind does not empty the PASID cache",
        own("a PASID is used again without a flush"),
        .invalidationSkipped, shared),
      driver(
        "expels-unflushed", .keepsCaches,
        "a device is expelled, and its IOMMU forgets nothing", Origin.reset,
        .invalidationSkipped, shared.expelling),
      driver(
        "back-from-reset", .keepsDeviceTLB,
        "a device comes back from a reset with what it had cached",
        Origin.reset, .staleTranslation,
        Scenario.mapUnmap(bounds(cpus: 2), ats: true).apart(cpu: 1).expelling),
    ]
  }
}
