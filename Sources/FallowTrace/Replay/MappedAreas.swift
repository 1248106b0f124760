// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// What the replay has mapped, so that it can be unmapped again.
struct MappedAreas {
  /// A run of kernel addresses that is mapped.
  struct Area {
    /// Its addresses.
    var range: VirtualRange
    /// The first frame of the data behind it.
    var data: FrameNumber
    /// When it was mapped, and the actor; nil if that was before the recording.
    var mapped: MachineMoment?
  }

  /// In order of address; no two overlap.
  private var areas: [Area] = []

  /// Adds an area that overlaps no other.
  ///
  /// - Complexity: O(areas)
  mutating func insert(_ area: Area) {
    areas.insert(area, at: firstIndex(from: area.range.start))
  }

  /// Removes and returns the areas that overlap `range`.
  ///
  /// - Complexity: O(areas)
  mutating func remove(overlapping range: VirtualRange) -> [Area] {
    var first = firstIndex(from: range.start)
    if first > 0 && areas[first - 1].range.overlaps(range) { first -= 1 }
    var last = first
    while last < areas.count && areas[last].range.overlaps(range) { last += 1 }
    let removed = Array(areas[first..<last])
    areas.removeSubrange(first..<last)
    return removed
  }

  /// The area that holds `address`.
  ///
  /// - Complexity: O(log areas)
  func area(at address: VirtualAddress) -> Area? {
    let next = firstIndex(from: address)
    for index in [next, next - 1] where areas.indices.contains(index) {
      if areas[index].range.contains(address) { return areas[index] }
    }
    return nil
  }

  /// The first area that does not begin below `address`.
  private func firstIndex(from address: VirtualAddress) -> Int {
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if areas[middle].range.start < address {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
