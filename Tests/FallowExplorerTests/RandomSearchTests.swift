// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import FallowSchemes
import Testing

@testable import FallowExplorer

/// Executions at random: what is drawn depends on the seed alone, and what is
/// found is a violation that can be taken again.
@Suite struct RandomSearchTests {
  private func entry(_ name: String) throws -> CatalogueEntry {
    try #require(Catalogue.all.first { $0.name == name })
  }

  private func run(
    _ entry: CatalogueEntry, threads: Int = 1, seed: UInt64 = 1,
    _ change: (inout RandomOptions) -> Void = { _ in }
  ) -> Outcome {
    var options = SearchOptions()
    options.threads = threads
    options.seed = seed
    var random = RandomOptions()
    random.runs = 64
    change(&random)
    options.random = random
    return entry.search(entry.scenario, options)
  }

  /// What must not depend on the number of threads.
  private func summary(_ outcome: Outcome) -> [String] {
    ["\(outcome.verdict)", "\(outcome.oracle)", "\(outcome.actions)"]
      + ["\(outcome.transitions)"]
      + (outcome.random.map { ["\($0)"] } ?? [])
      + outcome.coverage.map { "\($0)" } + outcome.timeline.map { "\($0)" }
  }

  @Test(
    arguments: RandomOptions.Strategy.allCases, ["no-wait", "frees-twice"])
  func aSeedDecidesWhatIsDrawn(
    strategy: RandomOptions.Strategy, name: String
  ) throws {
    let entry = try entry(name)
    let one = run(entry) { $0.strategy = strategy }
    let two = run(entry, threads: 2) { $0.strategy = strategy }
    let three = run(entry, threads: 3) { $0.strategy = strategy }
    let other = run(entry, seed: 2) { $0.strategy = strategy }
    #expect(one.verdict == .violation)
    #expect(summary(one) == summary(two))
    #expect(summary(one) == summary(three))
    #expect(one.transitions != other.transitions)
  }

  /// Without a violation nothing is proven.
  @Test(arguments: RandomOptions.Strategy.allCases)
  func nothingFoundIsNotSafe(strategy: RandomOptions.Strategy) {
    let outcome = run(Catalogue.mapUnmap(.fallow)) { $0.strategy = strategy }
    #expect(outcome.verdict == .noViolationFound)
    #expect(outcome.random?.runs == 64)
    #expect(outcome.random?.unfinished == 0)
    #expect(outcome.actions.isEmpty)
    #expect(outcome.happened.contains(.released))
  }

  /// A violation of each kind of end: at a step, at rest, of nobody.
  @Test(arguments: [
    "no-wait", "never-schedules", "forgets", "lock-inversion",
    "plain-unflushed",
  ])
  func whatIsFoundCanBeTakenAgain(name: String) throws {
    let entry = try entry(name)
    let found = run(entry) {
      $0.runs = 512
      $0.strategy = .uniform
    }
    #expect(found.verdict == .violation, "seed 1")
    #expect(found.isConfirmed)
    let token = try #require(ReplayToken(found, of: entry, mode: .mayHold))
    var options = SearchOptions()
    options.replay = ReplayToken(token.text)
    let again = entry.search(entry.scenario, options)
    #expect(again.verdict == .violation)
    #expect(again.oracle == found.oracle)
    #expect(again.timeline == found.timeline)
  }

  /// None of the steps that are shown can be left out.
  @Test func theStepsOfAViolationAreFew() throws {
    let entry = try entry("no-wait")
    let found = run(entry)
    let searched = entry.search(entry.scenario, SearchOptions())
    #expect(found.actions.count <= 2 * searched.actions.count)
    for left in found.actions.indices {
      var fewer = found
      fewer.actions.remove(at: left)
      var options = SearchOptions()
      options.replay = ReplayToken(fewer, of: entry, mode: .mayHold)
      let again = entry.search(entry.scenario, options)
      #expect(again.verdict == .incomplete, "without step \(left)")
    }
  }

  @Test func shardsAreTheWhole() throws {
    let entry = try entry("no-wait")
    let whole = run(entry) { $0.takesAllRuns = true }
    let shards = (0..<3).map { index in
      run(entry) {
        $0.takesAllRuns = true
        $0.shard = Shard(index: index, count: 3)
      }
    }
    let parts = shards.compactMap(\.random)
    #expect(parts.map(\.runs).reduce(0, +) == whole.random?.runs)
    #expect(parts.map(\.violations).reduce(0, +) == whole.random?.violations)
    #expect(
      parts.compactMap(\.firstViolation).min() == whole.random?.firstViolation)
    #expect(
      shards.map(\.transitions).reduce(0, +) == whole.transitions)
  }

  /// A property of the user's is looked at in every state.
  @Test func aPropertyIsLookedAt() {
    var entry = Catalogue.mapUnmap(.fallow)
    entry.scenario.properties = [
      .always("one frame is free") { state in
        state.frames.contains(where: state.isFree)
      }
    ]
    entry.scenario.bounds.frames = 1
    let outcome = run(entry)
    #expect(outcome.verdict == .violation)
    #expect(outcome.property == "one frame is free")
  }

  /// One operation goes on until its priority changes, at a point less than
  /// the depth.
  @Test(arguments: [1, 2, 5])
  func prioritiesChangeAtAFewPoints(depth: Int) {
    var options = RandomOptions()
    options.depth = depth
    var most = 0
    for run in 0..<100 {
      var schedule = RandomSchedule(
        options, RandomNumbers(seed: 7, stream: UInt64(run)), length: 50)
      var order: [Int] = []
      for _ in 0..<100 {
        var offers = (0..<8).map { Action(.turn, $0) }
        schedule.arrange(&offers)
        schedule.note(offers[0], hasEnded: false, hasStayed: false)
        order.append(offers[0].actor)
      }
      let changes = zip(order, order.dropFirst()).count { $0 != $1 }
      #expect(changes < depth, "seed 7, run \(run)")
      most = max(most, changes)
    }
    #expect(most == depth - 1)
  }

  /// What waits for another is not tried again and again.
  @Test func whatWaitsLetsOthersGoOn() {
    var schedule = RandomSchedule(
      RandomOptions(), RandomNumbers(seed: 7, stream: 0), length: 0)
    var actors: Set<Int> = []
    for _ in 0..<8 {
      var offers = (0..<8).map { Action(.turn, $0) }
      schedule.arrange(&offers)
      schedule.note(offers[0], hasEnded: false, hasStayed: true)
      actors.insert(offers[0].actor)
    }
    #expect(actors.count == 8)
  }
}
