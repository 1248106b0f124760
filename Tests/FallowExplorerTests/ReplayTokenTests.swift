// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import FallowSchemes
import Testing

@testable import FallowExplorer

/// A token of steps over code that has changed since.
@Suite struct ReplayTokenTests {
  private func entry(_ name: String) throws -> CatalogueEntry {
    try #require(Catalogue.all.first { $0.name == name })
  }

  private func outcome(
    _ token: ReplayToken?, _ scenario: Scenario, _ fault: DriverFault
  ) -> Outcome {
    var options = SearchOptions()
    options.replay = token
    return Check.run(scenario, scheme: .fallow, fault: fault, options: options)
  }

  private func found() throws -> (entry: CatalogueEntry, outcome: Outcome) {
    let entry = try entry("no-wait")
    return (entry, entry.search(entry.scenario, SearchOptions()))
  }

  @Test func codeThatWasMendedDoesOtherwiseFromANamedStepOn() throws {
    let (entry, found) = try found()
    let token = ReplayToken(found, of: entry, mode: .mayHold)
    let again = outcome(token, entry.scenario, .none)
    #expect(again.verdict == .incomplete)
    let divergence = try #require(again.divergence)
    #expect((1...found.actions.count).contains(divergence.step))
    #expect(divergence.steps == found.actions.count)
    #expect(divergence.expected.hasPrefix("worker goes on with reclaim"))
    #expect(divergence.offered.contains { $0.hasPrefix("worker") })
    #expect(divergence.offered != [divergence.expected])
  }

  @Test func codeThatIsTheSameDoesNotDiverge() throws {
    let (entry, found) = try found()
    let token = ReplayToken(found, of: entry, mode: .mayHold)
    let again = outcome(
      token.flatMap { ReplayToken($0.text) }, entry.scenario, .noWait)
    #expect(again.divergence == nil)
    #expect(again.timeline == found.timeline)
  }

  /// What cannot be taken is left out, and the rest is taken.
  @Test func theStepsGoOnBehindOneThatCannotBeTaken() throws {
    let (entry, found) = try found()
    var more = found
    more.actions.insert(Action(.drain, 0), at: 3)
    more.accesses.insert(.none, at: 3)
    let token = ReplayToken(more, of: entry, mode: .mayHold)
    let again = outcome(token, entry.scenario, .noWait)
    #expect(again.verdict == .violation)
    #expect(again.timeline == found.timeline)
    #expect(again.divergence?.step == 4)
    #expect(again.divergence?.skipped == 1)
  }

  /// A deadlock is looked for, not believed.
  @Test func aDeadlockThatIsNotThereIsNotFound() throws {
    let entry = try entry("lock-inversion")
    let found = entry.search(entry.scenario, SearchOptions())
    #expect(found.oracle == .deadlock)
    var fewer = found
    fewer.actions.removeLast(2)
    fewer.accesses.removeLast(2)
    for (outcome, verdict) in [
      (found, Verdict.violation), (fewer, .incomplete),
    ] {
      var options = SearchOptions()
      options.replay = ReplayToken(outcome, of: entry, mode: .mayHold)
      #expect(entry.search(entry.scenario, options).verdict == verdict)
    }
  }

  /// Tokens come from outside.
  @Test func aTokenOfAnySteps() throws {
    let (entry, first) = try found()
    var found = first
    var numbers = RandomNumbers(seed: 20, stream: 0)
    for _ in 0..<100 {
      found.actions = (0..<20).map { _ in
        let word = UInt32(truncatingIfNeeded: numbers.next())
        return Action(rawValue: numbers.next() & 1 == 0 ? word : word & 0x7ff)
      }
      let token = try #require(
        ReplayToken(found, of: entry, mode: .mayHold), "seed 20")
      _ = outcome(ReplayToken(token.text), entry.scenario, .none)
    }
  }

  @Test(arguments: [
    "", "1", "0:0:0:0:0", "2:1:1:0:0", "2:1:1:0:0:1-zz", "2:1:1:0:0:z-1-1",
    "2:1:1:0:0:-", "2:1:255:0:0:1", "3:1:1:0:0:1",
  ])
  func whatIsNoTokenIsRefused(text: String) {
    #expect(ReplayToken(text) == nil)
  }
}
