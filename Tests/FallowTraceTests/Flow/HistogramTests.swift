// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Every value is counted once, in the bar whose bounds it lies between.
@Suite struct HistogramTests {
  @Test(arguments: [Histogram.durations, .sizes])
  func everyValueLiesInItsBar(empty: Histogram) {
    #expect(empty.bars.isEmpty)
    for exponent in 0..<64 {
      for value in [UInt64(1) << exponent - 1, 1 << exponent, .max] {
        var histogram = empty
        histogram.add(value)
        #expect(histogram.bars.count == 1)
        #expect(histogram.bars.allSatisfy { $0.from <= value })
        #expect(histogram.bars.allSatisfy { $0.below ?? .max >= value })
        #expect(histogram.bars.allSatisfy { $0.below != value })
      }
    }
  }

  @Test func barsFollowEachOther() {
    var sizes = Histogram.sizes
    for value in [1, 1, 4, 9] as [UInt64] { sizes.add(value) }
    #expect(sizes.bars.map(\.from) == [1, 2, 3, 5, 9])
    #expect(sizes.bars.map(\.below) == [2, 3, 5, 9, 17])
    #expect(sizes.bars.map(\.count) == [2, 0, 1, 0, 1])
    #expect(sizes.total == 4)
  }
}
