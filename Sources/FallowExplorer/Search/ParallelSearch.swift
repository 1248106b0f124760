internal import Dispatch
internal import Synchronization

/// A search by several threads, which take the states of a level in turn.
///
/// The states and transitions that it counts are those of one thread: which
/// thread comes first to a state does not matter.
@safe
struct ParallelSearch<Checked: Subject> {
  private let search: Search<Checked>

  init(_ search: Search<Checked>) { self.search = search }

  private final class Hand: @unchecked Sendable {
    let expander: Expander<Checked>
    var next: Frontier
    var transitions = 0
    var isViolated = false

    init(_ expander: Expander<Checked>) {
      self.expander = expander
      next = Frontier(layout: expander.layout)
    }

    deinit { next.free() }

    func take(
      _ range: Range<Int>, of frontier: Frontier, into table: FingerprintTable,
      _ options: SearchOptions
    ) {
      let seed = options.seed
      let symmetry = options.symmetry
      for index in range where !isViolated {
        expander.load(frontier, index)
        expander.expand { _ in
          transitions += 1
          if expander.core.violation != .none {
            isViolated = true
            return false
          }
          if table.insert(
            expander.fingerprint(seed: seed, symmetry: symmetry))
          {
            next.append(expander.state)
          }
          return true
        }
        if expander.isDeadlocked { isViolated = true }
      }
    }
  }

  private struct Level: @unchecked Sendable {
    var frontier: Frontier
    var table: FingerprintTable
  }

  func run() -> Outcome {
    var outcome = Outcome()
    let options = search.options
    let hands = (0..<options.threads).map { _ in Hand(search.expander()) }
    let expander = hands[0].expander
    var table = FingerprintTable(capacity: 1 << 16)
    defer { table.free() }
    _ = table.insert(
      expander.fingerprint(seed: options.seed, symmetry: options.symmetry))
    hands[0].next.append(expander.state)
    outcome.states = 1
    while true {
      let frontiers = hands.map(\.next)
      let found = frontiers.reduce(0) { $0 + $1.count }
      if outcome.transitions > 0 { outcome.states += found }
      if found == 0 { break }
      if outcome.transitions > 0 { outcome.diameter += 1 }
      outcome.memory = max(
        outcome.memory,
        table.capacity * 8 + frontiers.reduce(0) { $0 + $1.byteCount } * 2)
      if outcome.memory > options.memory << 20 {
        outcome.verdict = .incomplete
        outcome.frontier = found
        break
      }
      for hand in hands { hand.next = Frontier(layout: expander.layout) }
      for frontier in frontiers {
        expand(frontier, hands, &table, known: outcome.states)
        frontier.free()
      }
      outcome.transitions = hands.reduce(0) { $0 + $1.transitions }
      if hands.contains(where: \.isViolated) {
        outcome.verdict = .violation
        break
      }
    }
    return outcome
  }

  /// Expands a frontier in portions, between which the table may grow.
  private func expand(
    _ frontier: Frontier, _ hands: [Hand], _ table: inout FingerprintTable,
    known inserted: Int
  ) {
    let portion = 1 << 15
    let options = search.options
    var start = 0
    while start < frontier.count {
      let end = min(start + portion, frontier.count)
      let known = inserted + hands.reduce(0) { $0 + $1.next.count }
      while known * 2 + portion * 32 > table.capacity { table.grow() }
      let level = Level(frontier: frontier, table: table)
      let next = Atomic<Int>(start)
      DispatchQueue.concurrentPerform(iterations: hands.count) { thread in
        while true {
          let first = next.wrappingAdd(256, ordering: .relaxed).oldValue
          if first >= end { return }
          hands[thread].take(
            first..<min(first + 256, end), of: level.frontier,
            into: level.table, options)
        }
      }
      start = end
    }
  }
}
