// SPDX-License-Identifier: Apache-2.0

/// Where in an unplugged range a table was linked, by its entry's address.
struct EntrySlot: Equatable {
  /// The address of the entry.
  let address: UInt64

  /// The entry at `address`; nil if no entry of the kernel can be there.
  init?(at address: UInt64) {
    // The kernel half of five-level paging, which holds that of four-level.
    guard address >= 0xFF00_0000_0000_0000, address & 7 == 0 else { return nil }
    self.address = address
  }

  /// The window of `level` in `range` that the entry's index stands for.
  ///
  /// Known only if exactly one window of the range has that index.
  ///
  /// - Complexity: O(1): no more than 512 windows can have different indexes.
  func window(of level: LinuxLevel, in range: Range<UInt64>) -> UInt64? {
    let size = level.windowSize
    let index = (address & 0xFFF) / 8
    let first = range.lowerBound / size
    let last = (range.upperBound - 1) / size
    // Indexes repeat every 512 windows.
    let match = first + ((index &- first) & 511)
    guard match <= last, last - match < 512 else { return nil }
    return match * size
  }
}
