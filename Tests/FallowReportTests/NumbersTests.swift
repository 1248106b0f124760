// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Testing

/// Numbers read as a person writes them.
@Suite struct NumbersTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1_000, "1,000"), (12_788, "12,788"),
    (1_000_000, "1,000,000"), (-1_234, "-1,234"),
  ])
  func countsHaveThousands(_ value: Int, _ text: String) {
    #expect(Numbers.count(value) == text)
  }

  @Test(arguments: [
    (0 as UInt64, "0 ns"), (999, "999 ns"), (1_000, "1.0 us"),
    (293_567, "293.6 us"), (1_019_000, "1.02 ms"), (2_500_000_000, "2.50 s"),
  ])
  func durationsHaveTheUnitThatFits(_ value: UInt64, _ text: String) {
    #expect(Numbers.duration(value) == text)
  }

  @Test func timesHaveMicroseconds() {
    #expect(Numbers.time(8_529_369_000) == "8.529369 s")
    #expect(Numbers.time(1_000_000_042_999) == "1000.000042 s")
  }

  @Test(arguments: [
    (0, "0 CPUs", "0 times"), (1, "1 CPU", "once"), (2, "2 CPUs", "2 times"),
    (1_000, "1,000 CPUs", "1,000 times"),
  ])
  func oneIsSingular(_ value: Int, _ things: String, _ times: String) {
    #expect(Numbers.count(value, of: "CPU") == things)
    #expect(Numbers.times(value) == times)
  }

  @Test(arguments: [
    (0, "0"), (1, "1"), (9.6, "1e1"), (0.96, "1"), (0.25, "3e-1"),
    (7.83336069620777e-18, "8e-18"), (9.75e-17, "1e-16"), (42_000, "4e4"),
  ])
  func smallNumbersHaveOneDigit(_ value: Double, _ text: String) {
    #expect(Numbers.magnitude(value) == text)
  }

  @Test func ratiosHaveTwoDecimals() {
    #expect(Numbers.ratio(0) == "0.00")
    #expect(Numbers.ratio(1.999) == "2.00")
  }
}
