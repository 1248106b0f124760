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
    manner: SteppingDriver.Manner = .right, options: SearchOptions
  ) -> Outcome {
    var scenario = scenario
    scenario.slotsAreAlike = manner == .right
    return scenario.bounds.levels == 2
      ? run(scenario, TwoByTwo.self, scheme, manner, options)
      : run(scenario, ThreeByTwo.self, scheme, manner, options)
  }

  private static func run<Shape: TinyShape>(
    _ scenario: Scenario, _ shape: Shape.Type, _ scheme: SchemeChoice,
    _ manner: SteppingDriver.Manner, _ options: SearchOptions
  ) -> Outcome {
    switch scheme {
    case .fallow:
      Search(scenario, options: options) { (machine) throws(Stop) in
        let sharing = machine.sharing(manner)
        return LibrarySubject<Shape, _>(
          Reclaimer(sharing: sharing), sharing: sharing)
      }.run()
    case .upstream:
      Search(scenario, options: options) { (machine) throws(Stop) in
        let sharing = machine.sharing(manner)
        return LibrarySubject<Shape, _>(
          Upstream(sharing: sharing), sharing: sharing)
      }.run()
    case .immediate:
      Search(scenario, options: options) { (machine) throws(Stop) in
        LibrarySubject<Shape, _>(
          Immediate(on: machine), sharing: machine.sharing(manner))
      }.run()
    }
  }
}

extension SteppingMachine {
  /// Who shares which space, as a driver of that manner tells it.
  public func sharing(
    _ manner: SteppingDriver.Manner = .right
  ) -> Sharing<SteppingDriver> {
    Sharing(driver: SteppingDriver(platform: self, manner: manner))
  }
}
