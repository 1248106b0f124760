// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowSchemes
import Testing

@testable import FallowExplorer

/// What never ends is found, with the steps that repeat.
@Suite struct LivenessTests {
  private typealias Steps = PlainProtocol.Steps

  private func search(
    _ change: @escaping @Sendable (inout PlainProtocol) -> Void
  ) -> Outcome {
    PlainProtocol.search(
      PlainProtocol.scenario(cpus: 2, slots: 1), change)
  }

  @Test func theWorkerQueuesATableForEver() {
    let outcome = search {
      $0.reclaim = { (machine, _) throws(Stop) in
        guard let first = try machine.takeAll() else { return true }
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.push(first)
        try machine.scheduleWorker(after: 0)
        return true
      }
    }
    #expect(outcome.oracle == .livelock)
    let repeated = outcome.timeline.filter(\.isRepeated)
    #expect(repeated.contains { $0.step == "schedules the worker" })
    #expect(repeated.allSatisfy { !$0.actor.hasPrefix("CPU") })
  }

  @Test func aSpinWaitsForWhatNobodyStores() {
    let word = KernelWord(index: 4)
    let outcome = search {
      $0.map = { (machine, slot) throws(Stop) in
        // The first one takes the word and never gives it back.
        while true {
          try machine.attempt()
          if try machine.compareExchange(word, expected: 0, desired: 1) == 0 {
            return try Steps.map(machine, slot)
          }
        }
      }
    }
    #expect(outcome.oracle == .livelock)
  }

  /// A lock that is spun for is given back: nothing waits for ever.
  @Test func aSpinThatEndsIsFine() {
    let word = KernelWord(index: 4)
    let outcome = search {
      $0.map = { (machine, slot) throws(Stop) in
        while true {
          try machine.attempt()
          if try machine.compareExchange(word, expected: 0, desired: 1) == 0 {
            break
          }
        }
        let isMapped = try Steps.map(machine, slot)
        _ = try machine.exchange(0, at: word)
        return isMapped
      }
    }
    #expect(outcome.verdict == .safe, "\(outcome.oracle)")
  }

  @Test func theOutputSaysWhenItWasNotRun() {
    var options = SearchOptions()
    options.livenessLimit = 10
    let outcome = Check.run(
      .mapUnmap(Bounds()), scheme: .fallow, options: options)
    #expect(outcome.verdict == .safe)
    #expect(
      outcome.liveness == .notSearched("there are more than 10 states"))
  }
}
