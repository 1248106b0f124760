// SPDX-License-Identifier: Apache-2.0

/// The search for what never ends merges steps where that changes no ending.
///
/// A turn is right movers, one access that is none, left movers (``Mover``). Of
/// these only those are left that commute in full: the taking and the release
/// of a lock, the end of a read section, what a held lock guards. Then
///
/// - an actor that waits for ever waits at an access that blocks. What it did
///   in that turn before holds no lock, since a turn ends before an access that
///   blocks if it took one, and others cannot notice it: so it waits for ever
///   from where the turn began, and they do what they did.
/// - an actor that goes on for ever ends each of its turns: one that goes round
///   without a step that others notice is cut (``Core/attempt()``). Each order
///   of accesses without end thus has one of turns in which the same actors go
///   on for ever, and an actor that can go on again and again in one can in the
///   other: locks are held no longer, and what else it waits for comes about by
///   accesses that are none of these movers, and so where turns end.
///
/// What is only as good later, since others wait for less then, is no mover
/// here (``Core/unlessEndings(_:)``). IOMMUs that do not fail do nothing that
/// software waits for but answer, which they do sooner or later, so their steps
/// stay merged; where they can fail, each takes its own.
extension Search {
  /// Looks for what never ends where nothing else was found.
  func searchLiveness(_ fine: Outcome) -> Outcome {
    var outcome = fine
    outcome.guards = nil
    // Guard: what-never-ends-is-searched
    if options.livenessLimit == 0 {
      outcome.liveness = .notSearched("it was left out")
      return outcome
    }
    if options.mode == .concrete {
      outcome.liveness = .notSearched("walkers go step by step")
      return outcome
    }
    let tooMany = LivenessOutcome.notSearched(
      "there are more than \(options.livenessLimit) states")
    // With fewer steps merged there are no fewer states.
    if fine.states > options.livenessLimit {
      outcome.liveness = tooMany
      return outcome
    }
    var search = self
    search.options.reductions = fine.reductions
    if scenario.bounds.mayFail {
      search.options.reductions.subtract(.commands)
    }
    search.options.progress = nil
    search.options.checkpoint = nil
    let (found, merged) = search.findEndless(
      limit: options.livenessLimit, from: fine.obstacles, guards: fine.guards)
    switch found {
    case .passed(let states)?:
      outcome.liveness = .passed(states: states)
      return outcome
    case nil where merged.verdict == .violation:
      // The search before has missed it.
      return search.explained(merged)
    case nil:
      outcome.liveness = tooMany
      return outcome
    case .waitsForEver, .livelock: break
    }
    search.options.reductions = fine.reductions.subtracting([
      .movers, .commands,
    ])
    let (shown, every) = search.findEndless(
      limit: .max, from: fine.obstacles, keepsSteps: true)
    search.options.reductions = every.reductions
    switch shown {
    case .waitsForEver(let actions):
      search.fail(&outcome, .waitsForEver, actions, cycle: [])
    case .livelock(let actions, let cycle):
      search.fail(&outcome, .livelock, actions, cycle: cycle)
    case .passed, nil:
      // What merged steps lead to has to be there.
      outcome.verdict = .violation
      outcome.oracle = found?.oracle ?? .livelock
      outcome.isConfirmed = false
    }
    return outcome
  }

  /// What does not end, of all states; nil if there are more than `limit`, or a
  /// state is a violation in itself.
  private func findEndless(
    limit: Int, from met: [Obstacle], guards: GuardedWords? = nil,
    keepsSteps: Bool = false
  ) -> (Liveness.Finding?, Outcome) {
    var search = self
    search.options.looksForEndings = !options.mergesEndings
    var recorder = GraphRecorder(limit: limit)
    let outcome = search.searchAsFarAsAllowed(
      from: met, guards: guards, keepsSteps: keepsSteps
    ) { search in
      recorder = GraphRecorder(limit: limit)
      return LevelSearch(search, threads: 1, recorder: recorder).run()
    }
    if recorder.isFull || outcome.frontier > 0 { return (nil, outcome) }
    let liveness = Liveness(
      graph: recorder.graph, layout: Layout(scenario.bounds))
    if outcome.verdict == .violation {
      return (liveness.findWait(), outcome)
    }
    return (liveness.search(), outcome)
  }

  private func fail(
    _ outcome: inout Outcome, _ oracle: Oracle, _ stem: [Action],
    cycle: [Action]
  ) {
    outcome.verdict = .violation
    outcome.oracle = oracle
    outcome.actions = unrenamed(stem + cycle)
    outcome.repeatedActions = cycle.count
    outcome.pathReductions = options.reductions
    withLines.explain(&outcome)
  }
}
