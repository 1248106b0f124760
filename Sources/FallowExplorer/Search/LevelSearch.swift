// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Searches level by level; the threads take the states of a level in turn.
///
/// The states and transitions that it counts do not depend on the number of
/// threads: which of them comes first to a state does not matter.
@safe
final class LevelSearch<Checked: Model> {
  /// What one thread has to itself.
  private final class Hand: @unchecked Sendable {
    var expander: Expander<Checked>

    init(_ expander: consuming Expander<Checked>) { self.expander = expander }

    /// Expands `states` of a level, the first of which has that number;
    /// false if one led to a violation.
    func take(
      _ states: Range<Int>, of level: Frontier, number: Int, depth: Int
    ) -> Bool {
      for index in states {
        let isFine = expander.expand(
          level, index, number: number + index - states.lowerBound,
          depth: depth)
        if !isFine { return false }
      }
      return true
    }
  }

  private let search: Search<Checked>
  private let options: SearchOptions
  private let hands: [Hand]
  private let exact: ExactStates?
  private let remembers: Bool
  private var table = FingerprintTable(capacity: 1 << 14)
  private var levels: [Frontier]
  private var outcome = Outcome()
  /// How many states were found before this level.
  private var states = 0

  private let recorder: GraphRecorder?

  /// A search by so many threads; one that remembers how it came to each state,
  /// or that records them all, has one.
  init(
    _ search: Search<Checked>, threads: Int, remembers: Bool = false,
    recorder: GraphRecorder? = nil
  ) {
    self.recorder = recorder
    self.search = search
    self.remembers = remembers
    options = search.options
    let exact = options.isExact ? ExactStates() : nil
    self.exact = exact
    let table = table
    let layout = Layout(search.scenario.bounds)
    levels = (0..<threads).map { _ in Frontier(layout: layout) }
    hands = (0..<threads).map { _ in
      Hand(
        Expander(
          search.stepper(), search.options, remembers: remembers, exact: exact,
          recorder: recorder, table: table))
    }
  }

  deinit {
    table.free()
    for level in levels { level.free() }
  }

  func run() -> Outcome {
    hands[0].expander.begin()
    while recorder?.isFull != true {
      for (index, hand) in hands.enumerated() {
        levels[index] = hand.expander.takeNext(for: levels[index])
      }
      let found = levels.reduce(0) { $0 + $1.count }
      if found == 0 { break }
      let first = states
      states += found
      if first > 0 { outcome.diameter += 1 }
      var number = first
      for level in levels {
        expand(level, from: number)
        if outcome.verdict != .safe || isObstructed { return finish() }
        number += level.count
      }
    }
    return finish()
  }

  /// Whether something was met that a reduction of this search does not allow.
  private var isObstructed: Bool {
    hands.contains {
      Obstacle.all(in: $0.expander.stepper.core.obstacles).contains {
        !$0.prevents.isDisjoint(with: options.reductions)
      }
    }
  }

  /// The moves that no actor could begin in any state.
  private var neverBegun: [String] {
    search.scenario.moveNames { index in
      !hands.contains {
        $0.expander.begun[index / 64] >> UInt64(index % 64) & 1 != 0
      }
    }
  }

  /// How many states were found.
  private var known: Int {
    states + hands.reduce(0) { $0 + $1.expander.next.count }
  }

  private func finish() -> Outcome {
    outcome.states = known
    outcome.transitions = hands.reduce(0) { $0 + $1.expander.transitions }
    outcome.renamings = hands.reduce(0) { $0 + $1.expander.renamings }
    let coverage = hands[0].expander.coverage
    for hand in hands.dropFirst() { coverage.add(hand.expander.coverage) }
    var obstacles: UInt32 = 0
    for hand in hands {
      let stepper = hand.expander.stepper
      coverage.add(stepper.core.carriedOut, failures: stepper.core.failures)
      obstacles |= stepper.core.obstacles
      options.guards?.merge(stepper.core.observedGuards)
    }
    outcome.obstacles = Obstacle.all(in: obstacles)
    outcome.reductions = options.reductions
    outcome.checks = hands.reduce(0) { $0 + $1.expander.equivariance.checks }
    outcome.coverage = coverage.steps(of: search.scenario.moves)
    let happened = hands.reduce(0) {
      $0 | $1.expander.stepper.core.happened
    }
    outcome.happened = CoverageGoal.all(in: happened)
    if outcome.verdict == .safe {
      outcome.missing = search.scenario.mustHappen
        .subtracting(outcome.happened)
      outcome.neverBegun = neverBegun
      outcome.neverHeld = search.scenario.propertiesNeverHeld(
        held: hands.reduce(0) { $0 | $1.expander.watch.held })
      if !outcome.missing.isEmpty || !outcome.neverBegun.isEmpty
        || !outcome.neverHeld.isEmpty
      {
        outcome.verdict = .incomplete
      }
    }
    return outcome
  }

  /// Expands a level in portions, between which the table may grow.
  private func expand(_ level: Frontier, from first: Int) {
    var start = 0
    let chunk = 16
    // What the threads can find before one of them looks at its share again.
    let margin = chunk * hands[0].expander.fanOut
    while start < level.count {
      var room = 0
      while true {
        room = table.capacity / 4 * 3 - known
        if room >= 2 * margin * hands.count { break }
        if !isWithin(table.capacity * 3 * 8) { return stop(level, start) }
        table.grow()
      }
      for hand in hands { hand.expander.use(table) }
      start = take(
        level, start, first: first, chunk: chunk,
        share: room / hands.count - margin)
      if let hand = hands.first(where: { $0.expander.isViolated }) {
        outcome.verdict = .violation
        return fail(hand)
      }
      if isObstructed { return }
      if !isWithin(table.capacity * 8) { return stop(level, start) }
      options.progress?(
        .states(
          known, level: outcome.diameter, frontier: known - first - start))
    }
  }

  /// Lets the threads expand states from `start` on until each found its share
  /// of new ones; returns where they stopped.
  private func take(
    _ level: Frontier, _ start: Int, first: Int, chunk: Int, share: Int
  ) -> Int {
    let next = Atomic<Int>(start)
    let hands = hands
    let end = level.count
    let depth = outcome.diameter
    @Sendable func work(_ thread: Int) {
      let hand = hands[thread]
      let before = hand.expander.next.count
      while hand.expander.next.count - before < share {
        let begin = next.wrappingAdd(chunk, ordering: .relaxed).oldValue
        guard begin < end else { return }
        let states = begin..<min(begin + chunk, end)
        guard
          hand.take(
            states, of: level, number: first + begin, depth: depth)
        else { return }
      }
    }
    if hands.count == 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(
        iterations: hands.count, execute: work)
    }
    return min(next.load(ordering: .relaxed), end)
  }

  // MARK: Ends

  /// Whether the search stays within its memory with a table that takes
  /// `bytes`.
  private func isWithin(_ bytes: Int) -> Bool {
    let used =
      bytes + (exact?.byteCount ?? 0)
      + levels.reduce(0) { $0 + $1.byteCount }
      + hands.reduce(0) { $0 + $1.expander.byteCount }
    guard used <= options.memory << 20 else { return false }
    outcome.memory = max(outcome.memory, used)
    return true
  }

  private func stop(_ level: Frontier, _ start: Int) {
    outcome.verdict = .incomplete
    outcome.frontier = level.count - start + known - states
  }

  private func fail(_ hand: Hand) {
    outcome.oracle = hand.expander.stepper.core.violation
    outcome.frame = hand.expander.stepper.core.violationFrame
    outcome.detail = hand.expander.stepper.core.violationDetail
    outcome.property = hand.expander.watch.violated.map {
      search.scenario.properties[$0].name
    }
    guard remembers else { return }
    var actions = hand.expander.lastAction.map { [$0] } ?? []
    var state = hand.expander.number
    while state != 0 {
      let parent = hand.expander.parents[state - 1]
      actions.append(Action(rawValue: UInt32(truncatingIfNeeded: parent)))
      state = Int(parent >> 32)
    }
    outcome.actions = search.unrenamed(actions.reversed())
  }
}
