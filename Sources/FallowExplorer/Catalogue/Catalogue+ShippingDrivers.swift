// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Searches over the drivers that ship, and the IOMMUs that read their memory.
extension Catalogue {
  static func vtd(
    _ name: String, _ what: String, _ scenario: Scenario
  ) -> CatalogueEntry {
    vtd(name, what, Origin.claim, .none, scenario) { $0 }
  }

  /// A search over what `adapt` makes of the driver of VT-d.
  static func vtd<Driver: DeviceExpelling>(
    _ name: String, _ what: String, _ origin: String, _ oracle: Oracle,
    _ scenario: Scenario,
    adapt: @escaping @Sendable (VTd<SteppingMachine>) -> Driver
  ) -> CatalogueEntry where Driver.P == SteppingMachine {
    shipping(name, what, origin, oracle, scenario, VTdManual.self, adapt)
  }

  /// A search over the driver of SMMUv3 with one thing done wrong.
  static func smmu(
    _ name: String, _ what: String, _ origin: String = Origin.claim,
    _ oracle: Oracle = .none, _ fault: SMMUv3Fault = .none,
    on scenario: Scenario
  ) -> CatalogueEntry {
    shipping(name, what, origin, oracle, scenario, SMMUv3Manual.self) {
      AlteredDriver(right: $0, alteration: fault)
    }
  }

  /// A search over the driver of the RISC-V IOMMU with one thing done wrong.
  static func riscv(
    _ name: String, _ what: String, _ origin: String = Origin.claim,
    _ oracle: Oracle = .none, _ fault: RISCVFault = .none,
    on scenario: Scenario
  ) -> CatalogueEntry {
    shipping(name, what, origin, oracle, scenario, RISCVManual.self) {
      AlteredDriver(right: $0, alteration: fault)
    }
  }

  /// A search over what `adapt` makes of the driver of a manual.
  static func shipping<Manual: IOMMUManual, Driver: DeviceExpelling>(
    _ name: String, _ what: String, _ origin: String, _ oracle: Oracle,
    _ scenario: Scenario, _ manual: Manual.Type,
    _ adapt: @escaping @Sendable (Manual.Driver) -> Driver
  ) -> CatalogueEntry where Driver.P == SteppingMachine {
    CatalogueEntry(
      name: name, what: what, origin: origin,
      expected: oracle == .none ? .safe : .violation, oracle: oracle,
      scheme: "fallow", scenario: scenario
    ) { scenario, options in
      if scenario.bounds.levels == 2 {
        run(scenario, TwoByTwo.self, options, manual, adapt)
      } else if scenario.rules.forbidsMixedSizes {
        run(scenario, ThreeByTwoBreaking.self, options, manual, adapt)
      } else {
        run(scenario, ThreeByTwo.self, options, manual, adapt)
      }
    }
  }

  private static func run<
    Shape: TinyShape, Manual: IOMMUManual, Driver: DeviceExpelling
  >(
    _ scenario: Scenario, _ shape: Shape.Type, _ options: SearchOptions,
    _ manual: Manual.Type,
    _ adapt: @escaping @Sendable (Manual.Driver) -> Driver
  ) -> Outcome where Driver.P == SteppingMachine {
    Search(scenario, options: options) { (machine) throws(Stop) in
      let sharing = Sharing(
        driver: adapt(try machine.start(manual, scenario.bounds)))
      return LibraryModel<Shape, _, _>(
        Reclaimer(sharing: sharing), sharing: sharing)
    }.run()
  }
}
