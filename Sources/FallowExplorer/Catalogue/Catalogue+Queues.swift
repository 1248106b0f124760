// SPDX-License-Identifier: Apache-2.0

/// Two CPUs that deal with one queue of VT-d.
extension Catalogue {
  /// What must be safe there.
  static var queues: [CatalogueEntry] {
    [
      vtd(
        "vtd-two-cpus-fallow",
        "two CPUs make devices join and leave by one queue",
        Scenario.vtd(pasids: 2).byTwoCPUs),
      vtd(
        "vtd-two-cpus-failing-fallow",
        "the same, and the IOMMU may fail",
        Scenario.vtd(failing: true, pasids: 2).byTwoCPUs),
    ]
  }
}

extension Scenario {
  /// The same where spaces are bound and unbound once by either CPU, while the
  /// first unmaps a table.
  var byTwoCPUs: Scenario {
    var scenario = self
    for index in scenario.moves.indices {
      switch scenario.moves[index].operation {
      case .bind, .unbind: scenario.moves[index].actors = 3
      default: scenario.moves[index].actors = 1
      }
    }
    return scenario
  }
}
