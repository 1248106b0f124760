// SPDX-License-Identifier: Apache-2.0

/// How many values lie between each two bounds.
public struct Histogram: Equatable, Sendable {
  /// The values between two bounds.
  public struct Bar: Equatable, Sendable {
    /// The smallest value that belongs here.
    public var from: UInt64
    /// The smallest value that belongs to the next bar; nil for the last one.
    public var below: UInt64?
    /// How many values there are.
    public var count: Int
  }

  /// For durations in nanoseconds: 1, 2 and 5 of each power of ten, from a
  /// microsecond to 100 seconds.
  static let durations = Histogram(
    bounds: [0]
      + (3...10).flatMap { power in
        let unit = (0..<power).reduce(UInt64(1)) { value, _ in value * 10 }
        return [unit, 2 * unit, 5 * unit]
      } + [100_000_000_000])

  /// For numbers of tables: 0, 1, 2, 3 to 4, 5 to 8, and so on.
  static let sizes = Histogram(
    bounds: [0, 1, 2] + (1...20).map { 1 << $0 + 1 })

  private let bounds: [UInt64]
  private var counts: [Int]

  /// A histogram between `bounds`, which begin with 0 and rise.
  private init(bounds: [UInt64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  /// How many values there are.
  public var total: Int { counts.reduce(0, +) }

  /// The bars from the first to the last that has values; none without values.
  public var bars: [Bar] {
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { return [] }
    return (first...last).map { index in
      let next = index + 1
      return Bar(
        from: bounds[index],
        below: next < bounds.count ? bounds[next] : nil, count: counts[index])
    }
  }

  /// Adds a value.
  ///
  /// - Complexity: O(log bounds)
  mutating func add(_ value: UInt64) {
    var low = 0
    var high = bounds.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= value { low = middle } else { high = middle }
    }
    counts[low] += 1
  }
}
