// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The areas that requests are spread over, evenly by byte.
///
/// A Fenwick tree over the sizes: to add, to drop and to pick an area takes a
/// step for each binary digit of their number.
struct AreaSet {
  private var starts: [UInt64] = []
  private var sizes: [UInt64] = []
  // sums[i], i from 1, is the sum of the sizes of the `i & -i` areas that end
  // with area i - 1.
  private var sums: [UInt64] = [0]
  private var free: [Int] = []
  // The live areas, by start.
  private var live: [Int] = []
  private var vanishing = Queue<(time: UInt64, area: Int)>()

  /// How many bytes the areas have together.
  private(set) var total: UInt64 = 0

  /// When the first of those that vanished is no longer asked for; `UInt64.max`
  /// if none did.
  private(set) var nextDrop = UInt64.max

  /// Adds an area.
  ///
  /// - Complexity: O(live areas), a move of words; O(log areas) otherwise.
  mutating func insert(_ range: VirtualRange) {
    if range.isEmpty { return }
    let area: Int
    if let reused = free.popLast() {
      area = reused
      starts[area] = range.start.rawValue
    } else {
      area = starts.count
      starts.append(range.start.rawValue)
      sizes.append(0)
      extend()
    }
    setSize(of: area, to: range.size)
    live.insert(area, at: place(of: range.start.rawValue))
  }

  /// Lets an area that was added go on only until `time`, in nanoseconds.
  ///
  /// - Precondition: It was added, and times do not fall.
  mutating func remove(_ range: VirtualRange, at time: UInt64) {
    if range.isEmpty { return }
    let place = place(of: range.start.rawValue)
    guard place < live.count, starts[live[place]] == range.start.rawValue,
      sizes[live[place]] == range.size
    else { preconditionFailure("no such area is live") }
    vanishing.append((time, live.remove(at: place)))
    nextDrop = vanishing.first?.time ?? .max
  }

  /// Drops what was to go on only until now.
  mutating func drop(until now: UInt64) {
    while let (time, area) = vanishing.first, time < now {
      _ = vanishing.removeFirst()
      setSize(of: area, to: 0)
      free.append(area)
    }
    nextDrop = vanishing.first?.time ?? .max
  }

  /// The address of byte `offset` of all areas.
  ///
  /// - Precondition: `offset < total`
  /// - Complexity: O(log areas)
  func address(at offset: UInt64) -> VirtualAddress {
    var left = offset
    var area = 0
    var step = 1 &<< (Int.bitWidth &- 1 &- starts.count.leadingZeroBitCount)
    while step > 0 {
      let next = area &+ step
      if next < sums.count && sums[next] <= left {
        left &-= sums[next]
        area = next
      }
      step &>>= 1
    }
    return VirtualAddress(starts[area] &+ left)
  }

  /// The place of the first live area that starts at `start` or above.
  private func place(of start: UInt64) -> Int {
    var low = 0
    var high = live.count
    while low < high {
      let middle = (low + high) / 2
      if starts[live[middle]] < start {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// Makes room for one more area in the tree.
  private mutating func extend() {
    let last = sums.count
    var sum: UInt64 = 0
    var child = last - 1
    while child > last & (last - 1) {
      sum += sums[child]
      child &= child - 1
    }
    sums.append(sum)
  }

  private mutating func setSize(of area: Int, to size: UInt64) {
    let difference = size &- sizes[area]
    sizes[area] = size
    total &+= difference
    var place = area + 1
    while place < sums.count {
      sums[place] &+= difference
      place += place & -place
    }
  }
}
