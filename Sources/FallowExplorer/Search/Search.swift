// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// A breadth-first search of every order in which actors can take their turns.
public struct Search<Checked: Model>: Sendable {
  /// The actors and their operations.
  public let scenario: Scenario
  /// How to search.
  public var options: SearchOptions
  let makeModel: @Sendable (SteppingMachine) throws(Stop) -> Checked

  /// A search of a scenario over code.
  ///
  /// - Parameters:
  ///   - scenario: The actors, their operations and the machine.
  ///   - options: How to search.
  ///   - makeModel: Makes the code for a machine; it throws what the machine
  ///     throws.
  public init(
    _ scenario: Scenario, options: SearchOptions = SearchOptions(),
    model makeModel:
      @escaping @Sendable (SteppingMachine) throws(Stop) -> Checked
  ) {
    self.scenario = scenario
    self.options = options
    self.makeModel = makeModel
  }

  /// Searches until everything was seen, something went wrong, or the memory
  /// is used up.
  ///
  /// How each state was come to is not remembered, and steps are merged. At a
  /// violation one thread searches again, in order, up to there, takes every
  /// step, and remembers: so a timeline does not depend on the number of
  /// threads.
  ///
  /// - Returns: What was found, and how far the search went.
  public func run() -> Outcome {
    if let obstruction = scenario.obstruction {
      var outcome = Outcome()
      outcome.verdict = .refused
      outcome.obstruction = obstruction
      return outcome
    }
    if let token = options.replay {
      var search = self
      search.options.reductions = token.reductions
      return search.withLines.replay(token)
    }
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = options.random.map(searchAtRandom) ?? search()
    let elapsed = start.duration(to: clock.now).components
    outcome.seconds =
      Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    return outcome
  }

  private func searchAtRandom(_ random: RandomOptions) -> Outcome {
    var search = self
    search.options.reductions.formIntersection(.ownedFrames)
    return search.searchAsFarAsAllowed(keepsSteps: true) {
      RandomSearch($0, random).run()
    }
  }

  private func search() -> Outcome {
    let first = firstPass()
    guard first.verdict == .violation else {
      return first.frontier == 0 && !first.isStopped
        && first.verdict != .refused ? searchLiveness(first) : first
    }
    return explained(first)
  }

  /// A violation with the steps that lead to it: of a search that takes every
  /// step, and remembers.
  func explained(_ first: Outcome) -> Outcome {
    var search = self
    search.options.checkpoint = nil
    search.options.reductions = first.reductions.subtracting([
      .movers, .commands,
    ])
    var outcome = search.searchAsFarAsAllowed(keepsSteps: true) { search in
      LevelSearch(search, threads: 1, remembers: true).run()
    }
    outcome.obstacles = first.obstacles
    search.options.reductions = outcome.reductions
    outcome.pathReductions = outcome.reductions
    switch outcome.verdict {
    case .violation:
      search.withLines.explain(&outcome)
      outcome.reductions = first.reductions
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

  /// The verdict and the counts, before anything is explained.
  func firstPass() -> Outcome {
    do throws(CheckpointError) {
      return try firstPassFromCheckpoint()
    } catch {
      var outcome = Outcome()
      outcome.verdict = .refused
      outcome.obstruction = "\(error)"
      return outcome
    }
  }

  private func firstPassFromCheckpoint() throws(CheckpointError) -> Outcome {
    guard let checkpoint = options.checkpoint, checkpoint.continues else {
      return searchAsFarAsAllowed { search in
        LevelSearch(search, threads: options.threads).run()
      }
    }
    let met = try LevelSearch<Checked>.obstacles(in: checkpoint)
    var failure: CheckpointError?
    var isContinued = false
    let outcome = searchAsFarAsAllowed(from: Obstacle.all(in: met)) { search in
      let level = LevelSearch(search, threads: options.threads)
      // Where a reduction is done without, the search begins anew.
      if !isContinued {
        isContinued = true
        do throws(CheckpointError) {
          try level.restore(from: checkpoint)
        } catch { failure = error }
      }
      return failure == nil ? level.run() : Outcome()
    }
    if let failure { throw failure }
    return outcome
  }

  /// Searches with all reductions that are allowed; whenever something is met
  /// that one of them does not allow, once more without it.
  ///
  /// - Parameters:
  ///   - met: What was met before that one of them does not allow.
  ///   - guards: The locks that guard the memory of a program, if some search
  ///     has found them.
  ///   - keepsSteps: Whether its steps are to be taken again, by a search that
  ///     has met nothing.
  ///   - run: Searches once.
  /// - Returns: The outcome of the last search.
  func searchAsFarAsAllowed(
    from met: [Obstacle]? = nil, guards: GuardedWords? = nil,
    keepsSteps: Bool = false, _ run: (Search) -> Outcome
  ) -> Outcome {
    var search = self
    let memory = scenario.bounds.memory
    let guards =
      memory.words == 0
      ? nil : guards ?? GuardedWords(memory, distrustsLocks: keepsSteps)
    // What walkers set is looked for in what an operation was answered, and
    // where a program stands has another hash in another process.
    if guards == nil || scenario.bounds.walkersSetBits
      || options.checkpoint != nil
    {
      search.options.reductions.subtract(.standing)
    }
    search.options.guards = guards
    var obstacles = met ?? structuralObstacles
    while true {
      for obstacle in obstacles {
        search.options.reductions.subtract(obstacle.prevents)
      }
      search.options.obstaclesSoFar = obstacles.reduce(0) { $0 | $1.bit }
      var outcome = run(search)
      let found = outcome.obstacles.filter {
        !$0.prevents.isDisjoint(with: search.options.reductions)
      }
      if found.isEmpty {
        if let guards, outcome.verdict != .violation, guards.narrow() {
          continue
        }
        outcome.obstacles = obstacles
        outcome.guards = guards
        return outcome
      }
      obstacles += found
    }
  }

  /// What the scenario itself prevents.
  private var structuralObstacles: [Obstacle] {
    var found: [Obstacle] = []
    if scenario.bounds.storeBuffers > 0 { found.append(.storeBuffers) }
    if scenario.bounds.structures != .none {
      found.append(.queueInMemory)
      if scenario.bounds.mayFail { found.append(.queueError) }
    }
    if scenario.bounds.interrupts > 0 { found.append(.interrupts) }
    if scenario.bounds.keepsTranslations { found.append(.translations) }
    if options.mode == .concrete { found.append(.concreteWalkers) }
    if !scenario.properties.isEmpty { found.append(.ownProperties) }
    if SlotSwap(scenario, layout: Layout(scenario.bounds)) == nil {
      found.append(.slotsUnlike)
    }
    found.removeAll { options.overlooked & $0.bit != 0 }
    return found.filter { !$0.prevents.isDisjoint(with: options.reductions) }
  }

  func stepper() -> Stepper<Checked> {
    Stepper(scenario, options, makeModel: makeModel)
  }
}
