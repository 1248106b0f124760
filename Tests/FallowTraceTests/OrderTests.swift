// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Events come out in order of time, those of one time in order of the file.
@Suite struct OrderTests {
  private func read(_ times: [Int]) -> Outcome {
    var text = TraceText(.ftrace)
    for (index, time) in times.enumerated() {
      text.add("kpt_listed", "ptdesc=\(index)", microseconds: time)
    }
    return Outcome(TraceReader(text: text.text))
  }

  private func order(_ outcome: Outcome) -> [Int] {
    outcome.events.compactMap { event in
      guard case .listed(let index) = event.payload else { return nil }
      return Int(index)
    }
  }

  @Test func tiesKeepTheOrderOfTheFile() {
    let outcome = read([5, 3, 5, 3, 5, 4])
    #expect(order(outcome) == [1, 3, 5, 0, 2, 4])
    #expect(outcome.summary?.outOfOrder == 3)
    #expect(outcome.summary?.late == 0)
  }

  @Test func shufflesWithinTheWindowAreSorted() {
    for seed in UInt64(1)...20 {
      var random = SeededGenerator(seed: seed)
      let times = (0..<3000).map { _ in Int.random(in: 0..<500, using: &random)
      }
      let late = times.enumerated().map { index, time in
        1_000_000 + 1000 * (index / 400) + time
      }
      let outcome = read(late)
      let sorted = late.enumerated().sorted {
        ($0.element, $0.offset) < ($1.element, $1.offset)
      }
      #expect(order(outcome) == sorted.map(\.offset), "seed \(seed)")
      #expect(outcome.summary?.late == 0, "seed \(seed)")
    }
  }

  @Test func anEventTooLateBeginsAnew() {
    let count = TraceReader.reorderWindow + 10
    let first = (0..<count).map { 1000 + $0 }
    // The first two lie before what was given out; the last does not.
    let outcome = read(first + [5, 7, 6])
    #expect(order(outcome) == Array(0..<count) + [count, count + 2, count + 1])
    #expect(outcome.summary?.outOfOrder == 2)
    #expect(outcome.summary?.late == 1)
  }

  @Test func aFullWindowLetsAnEarlierEventPass() {
    let count = TraceReader.reorderWindow
    let outcome = read((0..<count).map { 1000 + $0 } + [5])
    #expect(order(outcome) == [count] + Array(0..<count))
    #expect(outcome.summary?.late == 0)
  }

  @Test func aStampFarAheadHoldsNothingUp() {
    let times = [9_000_000] + (0..<5000).map { 1000 + $0 }
    let outcome = read(times)
    #expect(order(outcome) == Array(1...5000) + [0])
    #expect(outcome.summary?.late == 0)
  }

  @Test func noEventIsLostOrDoubled() {
    for seed in UInt64(1)...20 {
      var random = SeededGenerator(seed: seed)
      let times = (0..<5000).map { _ in
        Int.random(in: 0..<2_000_000, using: &random)
      }
      #expect(order(read(times)).sorted() == Array(0..<5000), "seed \(seed)")
    }
  }
}
