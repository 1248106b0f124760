// SPDX-License-Identifier: Apache-2.0

/// The states of a search and the steps between them, numbered in the order in
/// which they were found.
struct StateGraph {
  /// A step from one state to another.
  struct Edge {
    var action: Action
    var target: Int32
  }

  /// The steps, those from one state side by side.
  private var edges: [Edge] = []
  /// For each state where its steps begin.
  private var starts: [Int] = [0]
  /// The actors that are at work in a state, a bit each.
  private(set) var atWork: [UInt8] = []
  private var numbers = StateNumbers()

  /// How many states there are.
  var count: Int { atWork.count }

  /// How many states were gone on from: the first.
  var expanded: Int { starts.count - 1 }

  /// The steps from a state; none if it was not gone on from.
  func edges(from state: Int) -> ArraySlice<Edge> {
    guard state < expanded else { return [] }
    return edges[starts[state]..<starts[state + 1]]
  }

  /// The number of the state with that fingerprint, a new one if it is new.
  mutating func number(of fingerprint: UInt64, atWork actors: UInt8) -> Int32 {
    let number = numbers.number(of: fingerprint)
    if number == atWork.count { atWork.append(actors) }
    return number
  }

  /// Adds a step from the state whose steps are being added.
  mutating func add(_ action: Action, to target: Int32) {
    edges.append(Edge(action: action, target: target))
  }

  /// All steps from the state whose number comes next were added.
  mutating func endState() { starts.append(edges.count) }
}

extension StateGraph {
  /// The sets of more than one state, or of one with a step to itself, in which
  /// each state leads to each other by steps that `allows`, within `states`.
  func components(
    within states: [Bool], allows: (Edge) -> Bool
  ) -> [[Int]] {
    var index = [Int32](repeating: -1, count: count)
    var low = [Int32](repeating: 0, count: count)
    var isOpen = [Bool](repeating: false, count: count)
    var open: [Int] = []
    var path: [(state: Int, next: Int)] = []
    var counter: Int32 = 0
    var found: [[Int]] = []
    func enter(_ state: Int) {
      index[state] = counter
      low[state] = counter
      counter += 1
      open.append(state)
      isOpen[state] = true
      path.append((state, starts[state]))
    }
    for root in 0..<count where states[root] && index[root] < 0 {
      enter(root)
      while let (state, next) = path.last {
        if next < starts[state + 1] {
          path[path.count - 1].next += 1
          let edge = edges[next]
          let target = Int(edge.target)
          guard states[target], allows(edge) else { continue }
          if index[target] < 0 {
            enter(target)
          } else if isOpen[target] {
            low[state] = min(low[state], index[target])
          }
          continue
        }
        path.removeLast()
        if let above = path.last?.state {
          low[above] = min(low[above], low[state])
        }
        guard low[state] == index[state] else { continue }
        var component: [Int] = []
        while true {
          let member = open.removeLast()
          isOpen[member] = false
          component.append(member)
          if member == state { break }
        }
        let isCycle =
          component.count > 1
          || edges(from: state).contains {
            Int($0.target) == state && allows($0)
          }
        if isCycle { found.append(component) }
      }
    }
    return found
  }

  /// The shortest way from one of `sources` to a state that `isGoal`, by steps
  /// that `allows`: its actions, and where it ends.
  func path(
    from sources: [Int], within states: [Bool]? = nil,
    allows: (Edge) -> Bool = { _ in true }, to isGoal: (Int) -> Bool
  ) -> (actions: [Action], end: Int)? {
    var parents: [Int: (state: Int, action: Action)] = [:]
    var seen = Set(sources)
    var queue = sources
    var head = 0
    while head < queue.count {
      let state = queue[head]
      head += 1
      if isGoal(state) {
        var actions: [Action] = []
        var current = state
        while let parent = parents[current] {
          actions.append(parent.action)
          current = parent.state
        }
        return (actions.reversed(), state)
      }
      for edge in edges(from: state) {
        let target = Int(edge.target)
        guard states?[target] ?? true, allows(edge),
          seen.insert(target).inserted
        else { continue }
        parents[target] = (state, edge.action)
        queue.append(target)
      }
    }
    return nil
  }
}

/// Builds the graph of a search while one thread searches in order.
final class GraphRecorder {
  private(set) var graph = StateGraph()
  /// How many states it takes.
  let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Whether there are more states than it takes.
  var isFull: Bool { graph.count > limit }

  /// A step led to a state; no step to the first.
  func arrive(_ action: Action?, at fingerprint: UInt64, atWork actors: UInt8) {
    let number = graph.number(of: fingerprint, atWork: actors)
    if let action { graph.add(action, to: number) }
  }

  /// All steps from a state were taken.
  func endState() { graph.endState() }
}
