// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// A series has bounded size, and loses neither its peaks nor its end.
@Suite struct StepSeriesTests {
  @Test func stepsCloserThanAStretchAreOne() {
    var series = StepSeries()
    for (count, time) in [(1, 10), (4, 10), (2, 10)] as [(Int, UInt64)] {
      series.note(count, at: time)
    }
    #expect(series.start == 10)
    #expect(series.stretches == [.init(most: 4, last: 2)])
  }

  @Test func aPauseHoldsTheCount() {
    var series = StepSeries()
    series.note(3, at: 0)
    series.note(0, at: 4)
    #expect(series.stretches.map(\.most) == [3, 3, 3, 3, 3])
    #expect(series.stretches.map(\.last) == [3, 3, 3, 3, 0])
  }

  @Test func aTimeThatStepsBackIsTheLastOne() {
    var series = StepSeries()
    series.note(1, at: 5)
    series.note(2, at: 7)
    series.note(9, at: 3)
    #expect(series.stretches.map(\.last) == [1, 1, 9])
  }

  @Test func theLargestTimesFit() {
    var series = StepSeries()
    series.note(1, at: 0)
    series.note(2, at: .max)
    #expect(series.stretches.count <= StepSeries.limit)
    #expect(series.stretches.last?.last == 2)
  }

  @Test(arguments: UInt64(1)...20)
  func theSizeIsBoundedAndThePeakStays(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var series = StepSeries()
    var time: UInt64 = .random(in: 0...1_000_000, using: &random)
    var most = 0
    var last = 0
    for _ in 0..<5_000 {
      time += .random(in: 0...10_000, using: &random)
      last = .random(in: 0...1_000_000, using: &random)
      most = max(most, last)
      series.note(last, at: time)
    }
    #expect(series.stretches.count <= StepSeries.limit)
    #expect(series.most == most)
    #expect(series.stretches.last?.last == last)
    #expect(series.end == time)
    let index = (time - series.start) / series.width
    #expect(Int(index) == series.stretches.count - 1)
  }
}
