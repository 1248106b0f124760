// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowMachine

/// The areas that requests are spread over, against a plain list.
@Suite struct AreaSetTests {
  @Test func everyByteOfEveryAreaIsFoundOnce() {
    var areas = AreaSet()
    var expected: [UInt64] = []
    for number: UInt64 in 0..<23 {
      let range = VirtualRange(
        start: VirtualAddress(number << 20), size: number % 5 + 1)
      areas.insert(range)
      expected += (0..<range.size).map { number << 20 + $0 }
    }
    #expect(areas.total == UInt64(expected.count))
    let found = (0..<areas.total).map { areas.address(at: $0).rawValue }
    #expect(found == expected)
  }

  @Test func areasComeAndGo() {
    var areas = AreaSet()
    var random = RandomNumbers(seed: 9, stream: 0)
    var live: [VirtualRange] = []
    var leaving: [(UInt64, VirtualRange)] = []
    for now: UInt64 in 0..<400 {
      if random.next(below: 5) < 3 || live.isEmpty {
        let range = VirtualRange(
          start: VirtualAddress(now << 12), size: 1 + random.next(below: 9))
        areas.insert(range)
        live.append(range)
      } else {
        let gone = live.remove(
          at: Int(random.next(below: UInt64(live.count))))
        areas.remove(gone, at: now + 10)
        leaving.append((now + 10, gone))
      }
      areas.drop(until: now)
      leaving.removeAll { $0.0 < now }
      let all = live + leaving.map(\.1)
      #expect(areas.total == all.reduce(0) { $0 + $1.size })
      let found = Set(
        (0..<areas.total).map { areas.address(at: $0) })
      let expected = Set(
        all.flatMap { range in (0..<range.size).map { range.start + $0 } })
      #expect(found == expected)
    }
  }

  @Test func anAreaThatNeverAppearedTraps() async {
    await #expect(processExitsWith: .failure) {
      var areas = AreaSet()
      areas.insert(VirtualRange(start: VirtualAddress(4), size: 4))
      areas.remove(VirtualRange(start: VirtualAddress(4), size: 2), at: 0)
    }
  }
}

/// The numbers that everything random is made from.
@Suite struct RandomNumbersTests {
  @Test func theyAreThoseOfSplitMix64() {
    // The first numbers of the reference implementation for state 1234567.
    var random = RandomNumbers(state: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.next() == 9_817_491_932_198_370_423)
  }

  @Test func streamsDiffer() {
    let first = (0..<8 as Range<UInt64>).map { stream -> UInt64 in
      var random = RandomNumbers(seed: 1, stream: stream)
      return random.next()
    }
    #expect(Set(first).count == 8)
  }

  @Test func exponentialNumbersHaveTheirMeanAndMedian() {
    var random = RandomNumbers(seed: 1, stream: 0)
    let numbers = (0..<100_000).map { _ in random.nextExponential() }
    let mean = numbers.reduce(0, +) / 100_000
    #expect(abs(mean - 1) < 0.02)
    let median = numbers.sorted()[50_000]
    #expect(abs(median - 0.693_147) < 0.02)
    #expect(numbers.allSatisfy { $0 >= 0 })
  }
}
