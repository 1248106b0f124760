// SPDX-License-Identifier: Apache-2.0

public import Fallow
internal import FallowSchemes

/// The schemes that a scenario of the library can be searched with.
public enum SchemeChoice: String, CaseIterable, Sendable {
  case fallow
  case upstream
  case immediate
}

/// Searches a scenario with one of the schemes.
public enum Check {
  /// Searches `scenario` over the library with `scheme`.
  public static func run(
    _ scenario: Scenario, scheme: SchemeChoice,
    fault: DriverFault = .none, options: SearchOptions
  ) -> Outcome {
    scenario.bounds.levels == 2
      ? run(scenario, TwoByTwo.self, scheme, fault, options)
      : run(scenario, ThreeByTwo.self, scheme, fault, options)
  }

  private static func run<Shape: TinyShape>(
    _ scenario: Scenario, _ shape: Shape.Type, _ scheme: SchemeChoice,
    _ fault: DriverFault, _ options: SearchOptions
  ) -> Outcome {
    switch scheme {
    case .fallow:
      Search(scenario, options: options) { (machine) throws(Stop) in
        let sharing = machine.sharing(fault)
        return LibraryModel<Shape, _, _>(
          Reclaimer(sharing: sharing), sharing: sharing)
      }.run()
    case .upstream:
      Search(scenario, options: options) { (machine) throws(Stop) in
        let sharing = machine.sharing(fault)
        return LibraryModel<Shape, _, _>(
          Upstream(sharing: sharing), sharing: sharing)
      }.run()
    case .immediate:
      Search(scenario, options: options) { (machine) throws(Stop) in
        LibraryModel<Shape, _, _>(
          Immediate(on: machine), sharing: machine.sharing(fault))
      }.run()
    }
  }
}

extension SteppingMachine {
  /// The spaces that devices share, by a driver with that fault.
  public func sharing(
    _ fault: DriverFault = .none
  ) -> Sharing<SteppingDriver> {
    Sharing(driver: SteppingDriver(platform: self, fault: fault))
  }
}
