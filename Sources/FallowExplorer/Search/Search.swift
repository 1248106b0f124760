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
  public func run() -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome: Outcome
    if options.threads > 1 {
      outcome = ParallelSearch(self).run()
      // Which of several violations a thread meets first is chance; the one
      // that is shown is the first in order.
      if outcome.verdict == .violation { outcome = inOrder() }
    } else {
      outcome = inOrder()
    }
    if outcome.verdict == .violation { explain(&outcome) }
    let elapsed = start.duration(to: clock.now).components
    outcome.seconds =
      Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    return outcome
  }

  func expander() -> Expander<Checked> {
    Expander(scenario, mode: options.mode, makeSubject: makeSubject)
  }

  /// One thread, which remembers how it came to each state.
  private func inOrder() -> Outcome {
    var outcome = Outcome()
    let expander = expander()
    let seed = options.seed
    let symmetry = options.symmetry
    var table = FingerprintTable(capacity: 1 << 16)
    var frontier = Frontier(layout: expander.layout)
    var next = Frontier(layout: expander.layout)
    defer {
      table.free()
      frontier.free()
      next.free()
    }
    _ = table.insert(expander.fingerprint(seed: seed, symmetry: symmetry))
    next.append(expander.state)
    var parents: [UInt64] = [0]
    var first = 0
    outcome.states = 1
    while next.count > 0 {
      swap(&frontier, &next)
      next.removeAll()
      let here = first
      first = parents.count
      for index in 0..<frontier.count {
        if parents.count * 2 > table.capacity - 256 { table.grow() }
        expander.load(frontier, index)
        expander.expand { action in
          outcome.transitions += 1
          if expander.core.violation != .none {
            Self.fail(&outcome, expander, parents, here + index, action)
            return false
          }
          if table.insert(expander.fingerprint(seed: seed, symmetry: symmetry))
          {
            parents.append(UInt64(here + index) << 32 | UInt64(action.rawValue))
            next.append(expander.state)
          }
          return true
        }
        if outcome.verdict == .safe, expander.isDeadlocked {
          expander.core.violation = .deadlock
          Self.fail(&outcome, expander, parents, here + index, nil)
        }
        if outcome.verdict == .violation { break }
      }
      outcome.states = parents.count
      outcome.memory = max(
        outcome.memory,
        table.capacity * 8 + parents.capacity * 8 + frontier.byteCount
          + next.byteCount)
      if outcome.verdict == .violation { return outcome }
      if next.count > 0 { outcome.diameter += 1 }
      if outcome.memory > options.memory << 20 {
        outcome.verdict = .incomplete
        outcome.frontier = next.count
        return outcome
      }
    }
    return outcome
  }

  private static func fail(
    _ outcome: inout Outcome, _ expander: Expander<Checked>,
    _ parents: [UInt64], _ state: Int, _ action: Action?
  ) {
    outcome.verdict = .violation
    outcome.oracle = expander.core.violation
    outcome.frame = expander.core.violationFrame
    var actions = action.map { [$0] } ?? []
    var state = state
    while state != 0 {
      actions.append(
        Action(rawValue: UInt32(truncatingIfNeeded: parents[state])))
      state = Int(parents[state] >> 32)
    }
    outcome.actions = actions.reversed()
  }
}

extension Expander {
  /// Whether an operation has begun and not ended in the current state.
  var isAnyoneAtWork: Bool {
    (0..<layout.actors).contains { current[layout.headers + $0] != 0 }
  }
}
