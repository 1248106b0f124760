// SPDX-License-Identifier: Apache-2.0

/// Whether all that has begun comes to an end: a search of its own, over the
/// graph of all states.
///
/// What must hold: once no actor begins another operation, every operation ends
/// and the worker rests. It is violated by a state in which an actor waits for
/// what nobody will do, and by a cycle that each actor takes part in as often
/// as it can: by one that it could take part in again and again and never does,
/// nothing is shown (strong fairness). Failures of IOMMUs are not counted on.
///
/// Operations that keep beginning and starve another are not looked for.
struct Liveness {
  /// How the search ended.
  enum Finding {
    /// Everything comes to an end.
    case passed(states: Int)
    /// The steps to a state in which some actor waits for ever.
    case waitsForEver([Action])
    /// The steps to a cycle, and the cycle.
    case livelock([Action], cycle: [Action])

    /// What is violated.
    var oracle: Oracle {
      switch self {
      case .passed: .none
      case .waitsForEver: .waitsForEver
      case .livelock: .livelock
      }
    }
  }

  let graph: StateGraph
  let layout: Layout

  private func goesOn(_ edge: StateGraph.Edge) -> Bool {
    layout.goesOn(edge.action)
  }

  /// What takes a step: an actor, an IOMMU, a buffer.
  private func process(_ action: Action) -> Int {
    switch action.kind {
    case .begin, .turn: action.actor
    case .carryOut: 8 + action.actor
    case .settle: 32 + action.actor
    case .failure, .drain, .fill, .evict, .walk, .step, .mark, .flag:
      16 + action.actor
    }
  }

  /// Looks for the first state in which some actor waits for ever, of those
  /// that were gone on from.
  func findWait() -> Finding? {
    for state in 0..<graph.expanded where graph.atWork[state] != 0 {
      if !graph.edges(from: state).contains(where: goesOn) {
        return .waitsForEver(steps(to: [state]).actions)
      }
    }
    return nil
  }

  /// Looks for the first violation.
  func search() -> Finding {
    if let wait = findWait() { return wait }
    var candidates = graph.components(
      within: Array(repeating: true, count: graph.count), allows: goesOn)
    while let component = candidates.popLast() {
      let inside = membership(of: component)
      let idle = idleProcesses(component, inside)
      if idle.isEmpty { return lasso(component, inside) }
      // A process that can go on somewhere here and never does: only cycles
      // that avoid those states are fair.
      var rest = inside
      for state in component
      where graph.edges(from: state).contains(where: {
        goesOn($0) && idle.contains(process($0.action))
      }) {
        rest[state] = false
      }
      candidates += graph.components(within: rest, allows: goesOn)
    }
    return .passed(states: graph.count)
  }

  private func membership(of component: [Int]) -> [Bool] {
    var inside = [Bool](repeating: false, count: graph.count)
    for state in component { inside[state] = true }
    return inside
  }

  /// The processes that can go on in a component and never do within it.
  private func idleProcesses(
    _ component: [Int], _ inside: [Bool]
  ) -> Set<Int> {
    var able: Set<Int> = []
    var acting: Set<Int> = []
    for state in component {
      for edge in graph.edges(from: state) where goesOn(edge) {
        able.insert(process(edge.action))
        if inside[Int(edge.target)] { acting.insert(process(edge.action)) }
      }
    }
    return able.subtracting(acting)
  }

  private func steps(to states: [Int]) -> (actions: [Action], end: Int) {
    let goals = Set(states)
    return graph.path(from: [0]) { goals.contains($0) } ?? ([], 0)
  }

  /// The way to a component, and once around in it through a step of each
  /// process that takes part.
  private func lasso(_ component: [Int], _ inside: [Bool]) -> Finding {
    let (stem, entry) = steps(to: component)
    var cycle: [Action] = []
    var current = entry
    var left: Set<Int> = []
    for state in component {
      for edge in graph.edges(from: state)
      where goesOn(edge) && inside[Int(edge.target)] {
        left.insert(process(edge.action))
      }
    }
    while !left.isEmpty {
      let next = step(of: left, from: current, inside)
      guard let (actions, edge) = next else { break }
      cycle += actions + [edge.action]
      for action in actions { left.remove(process(action)) }
      left.remove(process(edge.action))
      current = Int(edge.target)
    }
    let back = graph.path(
      from: [current], within: inside, allows: goesOn
    ) { $0 == entry }
    return .livelock(stem, cycle: cycle + (back?.actions ?? []))
  }

  /// The way to the nearest step of one of `processes`, and that step.
  private func step(
    of processes: Set<Int>, from state: Int, _ inside: [Bool]
  ) -> (actions: [Action], edge: StateGraph.Edge)? {
    func edge(from state: Int) -> StateGraph.Edge? {
      graph.edges(from: state).first {
        goesOn($0) && inside[Int($0.target)]
          && processes.contains(process($0.action))
      }
    }
    let way = graph.path(
      from: [state], within: inside, allows: goesOn
    ) { edge(from: $0) != nil }
    guard let way, let edge = edge(from: way.end) else { return nil }
    return (way.actions, edge)
  }
}

extension Layout {
  /// Whether a step is taken by what has begun.
  func goesOn(_ action: Action) -> Bool {
    switch action.kind {
    case .begin: action.actor == worker || action.actor == callback
    case .turn, .carryOut, .settle, .drain: true
    case .failure, .fill, .evict, .walk, .step, .mark, .flag: false
    }
  }
}
