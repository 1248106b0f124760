// SPDX-License-Identifier: Apache-2.0

public import Fallow
public import FallowSchemes

/// Searches a scenario with one of the schemes.
public enum Check {
  /// Searches a scenario over the library.
  ///
  /// - Parameters:
  ///   - scenario: The actors, their operations and the machine.
  ///   - scheme: The scheme that frees tables.
  ///   - fault: What the IOMMUs' driver does wrong.
  ///   - options: How to search.
  /// - Returns: What was found.
  public static func run(
    _ scenario: Scenario, scheme: SchemeName,
    fault: DriverFault = .none, options: SearchOptions
  ) -> Outcome {
    scenario.bounds.levels == 2
      ? run(scenario, TwoByTwo.self, scheme, fault, options)
      : run(scenario, ThreeByTwo.self, scheme, fault, options)
  }

  private static func run<Shape: TinyShape>(
    _ scenario: Scenario, _ shape: Shape.Type, _ scheme: SchemeName,
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
  ///
  /// - Parameter fault: What the driver does wrong.
  public func sharing(
    _ fault: DriverFault = .none
  ) -> Sharing<SteppingDriver> {
    Sharing(driver: SteppingDriver(platform: self, fault: fault))
  }
}
