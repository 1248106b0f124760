// SPDX-License-Identifier: Apache-2.0

/// Percentiles by nearest rank: the element at ceil(n·p/100), from 1.
enum NearestRank {
  /// The percentile of `sorted`; 0 if it is empty.
  static func percentile(_ percent: Int, of sorted: [UInt64]) -> UInt64 {
    guard !sorted.isEmpty else { return 0 }
    return sorted[rank(percent, count: sorted.count) - 1]
  }

  /// The percentile of values of which `counts[value]` were seen; 0 if none.
  static func percentile(_ percent: Int, counts: [Int: Int]) -> Int {
    var left = rank(percent, count: counts.values.reduce(0, +))
    for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
      left -= count
      if left <= 0 { return value }
    }
    return 0
  }

  private static func rank(_ percent: Int, count: Int) -> Int {
    max(1, (count * percent + 99) / 100)
  }
}
