// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Takes executions at random.
///
/// Each is drawn from the seed and its own number, and a portion of them is
/// taken to its end whatever one of them finds: so the number of threads does
/// not change a result.
@safe
final class RandomSearch<Checked: Model> {
  /// How many executions are taken between two looks at what they found.
  private static var portion: Int { 64 }

  private let search: Search<Checked>
  private let random: RandomOptions
  private let hands: [RandomHand<Checked>]
  /// How many executions there are for this shard.
  private let total: Int
  private var length = 0

  /// Executions over a search's code, of which nothing is merged but accesses
  /// to an actor's own frames.
  init(_ search: Search<Checked>, _ random: RandomOptions) {
    self.search = search
    self.random = random
    total = random.shard.share(of: random.runs)
    hands = (0..<search.options.threads).map { _ in
      RandomHand(search.stepper(), random, seed: search.options.seed)
    }
  }

  func run() -> Outcome {
    if random.strategy == .pct { length = hands[0].measureLength() }
    var done = 0
    while done < total, !isObstructed {
      let end = min(done + Self.portion, total)
      take(done..<end)
      done = end
      let found = hands.reduce(0) { $0 + $1.outcome.violations }
      search.options.progress?(.runs(done, of: total))
      if found > 0, !random.takesAllRuns { break }
    }
    return outcome
  }

  /// Takes the executions of these places of the shard.
  private func take(_ places: Range<Int>) {
    let next = Atomic<Int>(places.lowerBound)
    let hands = hands
    let shard = random.shard
    let length = length
    @Sendable func work(_ thread: Int) {
      while true {
        let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard place < places.upperBound else { return }
        hands[thread].take(shard.index + place * shard.count, length: length)
      }
    }
    if hands.count == 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(
        iterations: hands.count, execute: work)
    }
  }

  private var obstacles: [Obstacle] {
    Obstacle.all(in: hands.reduce(0) { $0 | $1.stepper.core.obstacles })
  }

  /// Whether something was met that a reduction does not allow.
  private var isObstructed: Bool {
    obstacles.contains {
      !$0.prevents.isDisjoint(with: search.options.reductions)
    }
  }

  private var outcome: Outcome {
    var outcome = Outcome()
    outcome.verdict = .noViolationFound
    outcome.reductions = search.options.reductions
    outcome.obstacles = obstacles
    outcome.liveness = .notSearched("executions were drawn at random")
    var sum = RandomOutcome()
    var begun: UInt64 = 0
    var happened: UInt32 = 0
    var coverage = [UInt64](repeating: 0, count: Coverage.size)
    for hand in hands {
      sum.runs += hand.outcome.runs
      sum.violations += hand.outcome.violations
      sum.unfinished += hand.outcome.unfinished
      outcome.transitions += hand.transitions
      begun |= hand.begun
      happened |= hand.stepper.core.happened
      hand.coverage.add(to: &coverage)
      Coverage.add(
        hand.stepper.core.carriedOut, failures: hand.stepper.core.failures,
        to: &coverage)
    }
    outcome.coverage = Coverage.steps(coverage, of: search.scenario.moves)
    outcome.happened = CoverageGoal.all(in: happened)
    outcome.missing = search.scenario.mustHappen.subtracting(outcome.happened)
    outcome.neverBegun = search.scenario.moveNames {
      begun >> UInt64($0) & 1 == 0
    }
    outcome.neverHeld = search.scenario.propertiesNeverHeld(
      held: hands.reduce(0) { $0 | $1.execution.watch.held })
    let first = hands.compactMap(\.first).min { $0.run < $1.run }
    sum.firstViolation = first?.run
    outcome.random = sum
    if let first { explain(first, in: &outcome) }
    return outcome
  }

  /// Makes the violation's steps few, and says what they are.
  private func explain(
    _ first: RandomHand<Checked>.Finding, in outcome: inout Outcome
  ) {
    outcome.verdict = .violation
    outcome.oracle = first.oracle
    outcome.frame = first.frame
    outcome.detail = first.detail
    outcome.property = first.property.map {
      search.scenario.properties[$0].name
    }
    outcome.actions = Shrinker(Execution(search.stepper()))
      .shrink(first.actions, to: first.oracle)
    outcome.pathReductions = search.options.reductions
    search.withLines.explain(&outcome)
  }
}
