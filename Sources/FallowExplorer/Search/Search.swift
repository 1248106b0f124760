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
  /// How each state was come to is not remembered, and steps are merged. At a
  /// violation one thread searches again, in order, up to there, takes every
  /// step, and remembers: so a timeline does not depend on the number of
  /// threads.
  public func run() -> Outcome {
    if let token = options.replay {
      return takingEveryStep.withLines.replay(token)
    }
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = search()
    let elapsed = start.duration(to: clock.now).components
    outcome.seconds =
      Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    return outcome
  }

  private func search() -> Outcome {
    let first = LevelSearch(self, threads: options.threads).run()
    if first.wantsEveryStep { return takingEveryStep.search() }
    guard first.verdict == .violation else { return first }
    let search = takingEveryStep
    var outcome = LevelSearch(search, threads: 1, remembers: true).run()
    switch outcome.verdict {
    case .violation: search.withLines.explain(&outcome)
    case .incomplete where outcome.frontier > 0: break
    default:
      // What the first search found has to be there.
      outcome.verdict = .violation
      outcome.oracle = first.oracle
      outcome.frame = first.frame
      outcome.isConfirmed = false
    }
    return outcome
  }

  private var takingEveryStep: Search {
    var options = options
    options.everyStep = true
    return Search(scenario, options: options, subject: makeSubject)
  }

  func stepper() -> Stepper<Checked> {
    Stepper(scenario, options, makeSubject: makeSubject)
  }
}
