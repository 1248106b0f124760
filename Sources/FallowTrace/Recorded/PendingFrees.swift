// SPDX-License-Identifier: Apache-2.0

/// Frees that no release has answered yet, by descriptor.
struct PendingFrees {
  /// How many there are.
  private(set) var count = 0

  /// The time of the oldest open free of each descriptor.
  private var oldest: [UInt64: UInt64] = [:]
  /// Times of further ones, oldest first: only where releases were lost.
  private var further: [UInt64: [UInt64]] = [:]

  mutating func add(_ descriptor: UInt64, at time: UInt64) {
    count += 1
    if oldest[descriptor] == nil {
      oldest[descriptor] = time
    } else {
      further[descriptor, default: []].append(time)
    }
  }

  /// How many were added before `time`.
  ///
  /// - Complexity: O(open frees)
  func count(before time: UInt64) -> Int {
    oldest.values.count { $0 < time }
      + further.values.reduce(0) { $0 + $1.count { $0 < time } }
  }

  /// Closes the oldest free of `descriptor` and returns its time.
  mutating func remove(_ descriptor: UInt64) -> UInt64? {
    guard let time = oldest.removeValue(forKey: descriptor) else { return nil }
    count -= 1
    if var times = further.removeValue(forKey: descriptor) {
      oldest[descriptor] = times.removeFirst()
      if !times.isEmpty { further[descriptor] = times }
    }
    return time
  }
}
