// SPDX-License-Identifier: Apache-2.0

/// How a count rose and fell over time, in stretches of equal length.
///
/// Memory does not grow with the number of steps: when the stretches run out,
/// each two become one of twice the length.
public struct StepSeries: Equatable, Sendable {
  /// A stretch of time.
  public struct Stretch: Equatable, Sendable {
    /// The largest count in it.
    public var most: Int
    /// The count at its end.
    public var last: Int
  }

  /// The number of stretches at most.
  public static let limit = 512

  /// The time at which the first stretch begins, in nanoseconds.
  public private(set) var start: UInt64 = 0
  /// The latest time that is known, in nanoseconds.
  public private(set) var end: UInt64 = 0
  /// The length of a stretch, in nanoseconds.
  public private(set) var width: UInt64 = 1
  /// The stretches in their order.
  public private(set) var stretches: [Stretch] = []

  /// The largest count of all.
  public var most: Int { stretches.map(\.most).max() ?? 0 }

  /// Takes note that the count is `count` from `time` on.
  ///
  /// A time before the last one counts as the last one.
  ///
  /// - Complexity: O(1) amortized, while time does not leap.
  mutating func note(_ count: Int, at time: UInt64) {
    if stretches.isEmpty {
      start = time
      end = time
      stretches.append(Stretch(most: count, last: count))
      return
    }
    end = max(end, time)
    let passed = time > start ? time - start : 0
    while passed / width >= UInt64(Self.limit) { halve() }
    let index = max(Int(passed / width), stretches.count - 1)
    let before = stretches[stretches.count - 1].last
    while stretches.count <= index {
      stretches.append(Stretch(most: before, last: before))
    }
    stretches[index].most = max(stretches[index].most, count)
    stretches[index].last = count
  }

  /// Joins each two stretches.
  private mutating func halve() {
    width *= 2
    var joined: [Stretch] = []
    for index in stride(from: 0, to: stretches.count, by: 2) {
      let first = stretches[index]
      let second = index + 1 < stretches.count ? stretches[index + 1] : first
      joined.append(
        Stretch(most: max(first.most, second.most), last: second.last))
    }
    stretches = joined
  }
}
