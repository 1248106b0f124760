internal import Dispatch
internal import Synchronization

/// A breadth-first search of every order in which actors can take their turns.
public struct Search<Checked: Subject>: Sendable {
  /// Who does what.
  public let scenario: Scenario
  /// How to search.
  public let options: SearchOptions
  let makeSubject: @Sendable (SteppingMachine) throws(Stop) -> Checked

  /// A search of `scenario` over what `makeSubject` makes for a machine.
  public init(
    _ scenario: Scenario, options: SearchOptions = SearchOptions(),
    subject makeSubject:
      @escaping @Sendable (SteppingMachine) throws(Stop) -> Checked
  ) {
    self.scenario = scenario
    self.options = options
    self.makeSubject = makeSubject
  }

  /// Searches until everything was seen, something went wrong, or the memory
  /// is used up.
  ///
  /// How each state was come to is not remembered. At a violation one thread
  /// searches again, in order, up to there, and remembers: so a timeline does
  /// not depend on the number of threads.
  public func run() -> Outcome {
    if let token = options.replay { return withLines.replay(token) }
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = LevelSearch(self, threads: options.threads).run()
    if outcome.verdict == .violation {
      outcome = LevelSearch(self, threads: 1, remembers: true).run()
      withLines.explain(&outcome)
    }
    let elapsed = start.duration(to: clock.now).components
    outcome.seconds =
      Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    return outcome
  }

  func stepper() -> Stepper<Checked> {
    Stepper(
      scenario, mode: options.mode, seed: options.seed,
      makeSubject: makeSubject)
  }
}
