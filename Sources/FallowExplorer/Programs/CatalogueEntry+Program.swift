// SPDX-License-Identifier: Apache-2.0

extension CatalogueEntry {
  /// Whether it is a program's.
  package var isProgram: Bool { scenario.names != nil }

  /// A search of a program that is in no catalogue.
  ///
  /// - Parameters:
  ///   - name: What it is called.
  ///   - version: What distinguishes it from every other program.
  ///   - search: Searches it.
  package init(
    program name: String, version: String, scenario: Scenario,
    search: @escaping @Sendable (Scenario, SearchOptions) -> Outcome
  ) {
    self.name = name
    what = "every interleaving"
    origin = ""
    expected = .safe
    oracle = .none
    scheme = version
    self.scenario = scenario
    self.search = search
  }
}
