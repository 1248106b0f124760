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
  final class Hand: @unchecked Sendable {
    var expander: Expander<Checked>

    init(_ expander: consuming Expander<Checked>) { self.expander = expander }

  }

  /// How many blocks are expanded between two looks at memory and progress.
  private static var portion: Int { 4_096 }

  let search: Search<Checked>
  let options: SearchOptions
  let hands: [Hand]
  private let exact: ExactStates?
  private let remembers: Bool
  var table = FingerprintTable(capacity: 1 << 14)
  var levels: [Frontier]
  var outcome = Outcome()
  /// How many states were found before this level.
  var states = 0

  /// What runs before have counted that this one continues.
  var before = SearchCounts()
  /// Whether the first level was begun by such a run.
  var isContinued = false
  /// When the search was kept last.
  var lastKept = ContinuousClock.now

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
    let limit = search.options.frontierMemory
    levels = (0..<threads).map { _ in
      Frontier(layout: layout, limit: limit)
    }
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
    if !isContinued { hands[0].expander.begin() }
    while recorder?.isFull != true {
      if isContinued { isContinued = false } else if !beginLevel() { break }
      var number = states - levels.reduce(0) { $0 + $1.count }
      for index in levels.indices {
        expand(index, from: number)
        if outcome.verdict != .safe || isObstructed { return finish() }
        number += levels[index].count
      }
    }
    return finish()
  }

  /// Goes on to the states that were found; false if there are none.
  private func beginLevel() -> Bool {
    for (index, hand) in hands.enumerated() {
      levels[index] = hand.expander.takeNext(for: levels[index])
    }
    let found = levels.reduce(0) { $0 + $1.count }
    if found == 0 { return false }
    if states > 0 { outcome.diameter += 1 }
    states += found
    return true
  }

  /// What was counted, in the runs before as well.
  var counts: SearchCounts {
    var counts = before
    for hand in hands { counts.add(hand.expander) }
    return counts
  }

  /// Whether something was met that a reduction of this search does not allow.
  private var isObstructed: Bool {
    hands.contains {
      Obstacle.all(in: $0.expander.stepper.core.obstacles).contains {
        !$0.prevents.isDisjoint(with: options.reductions)
      }
    }
  }

  /// How many states were found.
  var known: Int {
    states + hands.reduce(0) { $0 + $1.expander.next.count }
  }

  private func finish() -> Outcome {
    outcome.states = known
    let counts = counts
    outcome.transitions = counts.transitions
    outcome.renamings = counts.renamings
    outcome.checks = counts.checks
    outcome.coverage = Coverage.steps(
      counts.coverage, of: search.scenario.moves)
    outcome.happened = CoverageGoal.all(in: UInt32(counts.happened))
    for hand in hands {
      options.guards?.merge(hand.expander.stepper.core.observedGuards)
    }
    outcome.obstacles = Obstacle.all(
      in: hands.reduce(0) { $0 | $1.expander.stepper.core.obstacles })
    outcome.reductions = options.reductions
    if outcome.verdict == .safe {
      outcome.missing = search.scenario.mustHappen
        .subtracting(outcome.happened)
      outcome.neverBegun = search.scenario.moveNames {
        counts.begun >> UInt64($0) & 1 == 0
      }
      outcome.neverHeld = search.scenario.propertiesNeverHeld(
        held: counts.held)
      if !outcome.missing.isEmpty || !outcome.neverBegun.isEmpty
        || !outcome.neverHeld.isEmpty
      {
        outcome.verdict = .incomplete
      }
    }
    return outcome
  }

  /// Expands the states of a level that one thread found, in portions, between
  /// which the table may grow and the search be kept.
  private func expand(_ index: Int, from first: Int) {
    let level = levels[index]
    var start = 0
    // What the threads can find before one of them looks at its share again.
    let margin = Frontier.statesPerBlock * hands[0].expander.fanOut
    while start < level.blocks {
      var room = 0
      while true {
        room = table.capacity / 4 * 3 - known
        if room >= 2 * margin * hands.count { break }
        if !isWithin(table.byteCountToGrow) { return stop(level, start) }
        table.grow()
      }
      for hand in hands { hand.expander.use(table) }
      start = take(
        level, start, first: first, share: room / hands.count - margin)
      if let hand = hands.first(where: { $0.expander.isViolated }) {
        outcome.verdict = .violation
        return fail(hand)
      }
      if isObstructed { return }
      if !isWithin(table.byteCount) { return stop(level, start) }
      if keep(index, from: start) { return stop(level, start) }
      options.progress?(
        .states(
          known, level: outcome.diameter,
          frontier: known - first - level.states(before: start)))
    }
  }

  /// Lets the threads expand a portion of the blocks from `start` on, or less
  /// if each found its share of new states; returns where they stopped.
  private func take(
    _ level: Frontier, _ start: Int, first: Int, share: Int
  ) -> Int {
    let next = Atomic<Int>(start)
    let hands = hands
    let end = min(start + Self.portion, level.blocks)
    let depth = outcome.diameter
    @Sendable func work(_ thread: Int) {
      let hand = hands[thread]
      let before = hand.expander.next.count
      while hand.expander.next.count - before < share {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard block < end else { return }
        let isFine = hand.expander.expand(
          block, of: level, number: first + level.states(before: block),
          depth: depth)
        if !isFine { return }
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
    outcome.frontier =
      level.count - level.states(before: start) + known - states
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
