// SPDX-License-Identifier: Apache-2.0

internal import Fallow
public import FallowSchemes

/// A scenario, what is wrong with it, and what the search must say.
public struct CatalogueEntry: Sendable {
  /// What it is called.
  public var name: String
  /// What is done right or wrong.
  public var what: String
  /// Where it happened, or which claim it guards.
  public var origin: String
  /// What the search must find.
  public var expected: Verdict
  /// What must have gone wrong.
  public var oracle: Oracle
  /// The scheme that frees the tables.
  public var scheme: String
  /// The actors, their operations and the machine.
  public var scenario: Scenario
  /// Searches it.
  public var search: @Sendable (Scenario, SearchOptions) -> Outcome
}

/// What `fallow check` runs: what must hold, and faults that must be found.
public enum Catalogue {
  /// Every entry: first what is safe.
  public static var all: [CatalogueEntry] {
    let libraries =
      schemes + cursors + publishing + queues + riscvDriver + smmuDriver
      + flaggedLibrary + narrowings + ends + workers
      + sites + members + drivers
      + hardware + fences
    return libraries.map {
      var entry = $0
      entry.scenario = entry.scenario.releasingAtRest
      return entry
    } + protocols
  }

  static func bounds(
    cpus: Int = 1, slots: Int = 1, frames: Int = 2
  ) -> Bounds {
    var bounds = Bounds()
    bounds.cpus = cpus
    bounds.slots = slots
    bounds.frames = frames
    return bounds
  }

  static func library(
    _ name: String, _ what: String, _ origin: String, _ scenario: Scenario,
    _ scheme: SchemeName, fault: DriverFault = .none,
    _ expected: Verdict = .safe, _ oracle: Oracle = .none
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin, expected: expected,
      oracle: oracle, scheme: scheme.rawValue, scenario: scenario
    ) { scenario, options in
      Check.run(scenario, scheme: scheme, fault: fault, options: options)
    }
  }

  static func worker(
    _ name: String, _ fault: FaultyReclaimer.Fault, _ what: String,
    _ origin: String, _ oracle: Oracle, _ scenario: Scenario
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin, expected: .violation,
      oracle: oracle, scheme: "faulty", scenario: scenario
    ) { scenario, options in
      scenario.bounds.levels == 2
        ? run(scenario, TwoByTwo.self, fault, options)
        : run(scenario, ThreeByTwo.self, fault, options)
    }
  }

  private static func run<Shape: TinyShape>(
    _ scenario: Scenario, _ shape: Shape.Type, _ fault: FaultyReclaimer.Fault,
    _ options: SearchOptions
  ) -> Outcome {
    Search(scenario, options: options) { (machine) throws(Stop) in
      LibraryModel<Shape, _, _>(
        FaultyReclaimer(sharing: machine.sharing(), fault: fault),
        sharing: machine.sharing())
    }.run()
  }

  static func site(
    _ name: String, _ fault: FaultySite.Fault, _ what: String,
    _ origin: String, _ oracle: Oracle, _ scenario: Scenario
  ) -> CatalogueEntry {
    faulty(name, what, origin, oracle, scenario) {
      FaultySite(library: $0, fault: fault)
    }
  }

  static func member(
    _ name: String, _ fault: FaultyMember.Fault, _ what: String,
    _ origin: String, _ oracle: Oracle, _ scenario: Scenario
  ) -> CatalogueEntry {
    faulty(name, what, origin, oracle, scenario) {
      FaultyMember(library: $0, fault: fault)
    }
  }

  /// A search over what `spoil` makes of the library's operations.
  private static func faulty<Faulty: Model>(
    _ name: String, _ what: String, _ origin: String, _ oracle: Oracle,
    _ scenario: Scenario,
    spoil:
      @escaping @Sendable (
        LibraryModel<TwoByTwo, Reclaimer<SteppingDriver>, SteppingDriver>
      ) -> Faulty
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin, expected: .violation,
      oracle: oracle, scheme: "fallow", scenario: scenario
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        spoil(
          LibraryModel(
            Reclaimer(sharing: machine.sharing()), sharing: machine.sharing()))
      }.run()
    }
  }
}

extension Catalogue {
  static func driver(
    _ name: String, _ fault: DriverFault, _ what: String,
    _ origin: String, _ oracle: Oracle, _ scenario: Scenario
  ) -> CatalogueEntry {
    library(
      name, what, origin, scenario, .fallow, fault: fault, .violation,
      oracle)
  }

  /// The scenario whose size the caller chooses.
  ///
  /// - Parameter scheme: The scheme that frees tables.
  public static func mapUnmap(_ scheme: SchemeName) -> CatalogueEntry {
    library(
      "map-unmap", "map and unmap", Origin.claim,
      Scenario.mapUnmap(bounds()).releasingAtRest, scheme)
  }
}

extension Scenario {
  /// The same for code that promises to release every retired table without
  /// another operation, as the library does.
  public var releasingAtRest: Scenario {
    var scenario = self
    scenario.releasesAtRest = true
    return scenario
  }

  /// The same on a machine of another size.
  ///
  /// - Parameter bounds: How large the machine is.
  public func resized(_ bounds: Bounds) -> Scenario {
    var scenario = self
    scenario.bounds = bounds
    return scenario
  }
}
