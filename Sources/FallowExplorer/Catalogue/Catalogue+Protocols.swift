// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Protocols of their own, none of the library's code: each entry departs in
/// one thing from ``PlainProtocol``, as code that others wrote did.
extension Catalogue {
  /// An entry over a plain protocol.
  static func plain(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none,
    on scenario: Scenario = PlainProtocol.scenario(slots: 1),
    _ change: @escaping @Sendable (inout PlainProtocol) -> Void = { _ in }
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin,
      expected: oracle == .none ? .safe : .violation, oracle: oracle,
      scheme: "plain", scenario: scenario
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        var model = PlainProtocol(machine: machine)
        change(&model)
        return model
      }.run()
    }
  }

  /// All of them.
  static var protocols: [CatalogueEntry] {
    orders + [usedAfterRelease] + lists + readyTables + remaps + rights
      + absences + trees + locks + flushes + cpuCaches + perCPU
      + writeBacks + dirtyBits + levelGrowths + flags
  }
}
