// SPDX-License-Identifier: Apache-2.0

extension Search {
  /// Looks for what never ends where nothing else was found.
  func searchLiveness(_ fine: Outcome) -> Outcome {
    var outcome = fine
    // Guard: what-never-ends-is-searched
    if options.livenessLimit == 0 {
      outcome.liveness = .notSearched("it was left out")
      return outcome
    }
    if options.mode == .concrete {
      outcome.liveness = .notSearched("walkers go step by step")
      return outcome
    }
    var search = self
    search.options.reductions = fine.reductions.subtracting([
      .movers, .commands,
    ])
    search.options.progress = nil
    search.options.checkpoint = nil
    var recorder = GraphRecorder(limit: options.livenessLimit)
    var recorded = LevelSearch(search, threads: 1, recorder: recorder).run()
    // More states are reached than with merged steps: one of them may be the
    // first that does not allow a reduction.
    while let obstacle = recorded.obstacles.first(where: {
      !$0.prevents.isDisjoint(with: search.options.reductions)
    }) {
      search.options.reductions.subtract(obstacle.prevents)
      recorder = GraphRecorder(limit: options.livenessLimit)
      recorded = LevelSearch(search, threads: 1, recorder: recorder).run()
    }
    if recorder.isFull || recorded.frontier > 0 {
      outcome.liveness = .notSearched(
        "there are more than \(options.livenessLimit) states")
      return outcome
    }
    switch Liveness(graph: recorder.graph, layout: Layout(scenario.bounds))
      .search()
    {
    case .passed: outcome.liveness = .passed(states: recorder.graph.count)
    case .waitsForEver(let actions):
      search.fail(&outcome, .waitsForEver, actions, cycle: [])
    case .livelock(let actions, let cycle):
      search.fail(&outcome, .livelock, actions, cycle: cycle)
    }
    return outcome
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
