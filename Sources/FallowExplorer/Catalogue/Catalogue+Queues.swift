// SPDX-License-Identifier: Apache-2.0

/// Two CPUs that deal with one queue of VT-d.
extension Catalogue {
  /// What must be safe there.
  static var queues: [CatalogueEntry] {
    [
      vtd(
        "vtd-two-cpus-fallow",
        "two CPUs make devices join and leave by one queue",
        .vtdByTwoCPUs()),
      vtd(
        "vtd-two-cpus-failing-fallow",
        "the same, and the IOMMU may fail", .vtdByTwoCPUs(failing: true)),
    ]
  }
}

extension Scenario {
  /// Two spaces, each bound and unbound once by either CPU, while a table is
  /// unmapped.
  static func vtdByTwoCPUs(failing: Bool = false) -> Scenario {
    var scenario = vtd(failing: failing, pasids: 2)
    for index in scenario.moves.indices {
      switch scenario.moves[index].operation {
      case .bind, .unbind: scenario.moves[index].actors = 3
      default: scenario.moves[index].actors = 1
      }
    }
    return scenario
  }
}
