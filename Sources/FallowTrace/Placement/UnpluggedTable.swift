/// A table of unplugged memory, as `hot_free` describes it.
struct UnpluggedTable {
  /// Its level, told by where `remove_pagetable` was; nil if that is new.
  var level: LinuxLevel?
  /// The address of the entry that links it.
  var entry: UInt64

  init(caller: CallSite, r13: UInt64, r14: UInt64) {
    // Offsets into the function of the kernel that was recorded.
    level =
      switch (caller.symbol, caller.offset) {
      case (.removePageTable, 0x54C): .pte
      case (.removePageTable, 0x79D): .pmd
      case (.removePageTable, 0x71D): .pud
      default: nil
      }
    entry = level == .pmd ? r13 : r14
  }

  /// The window in `range` that the entry's slot stands for.
  ///
  /// Known only if exactly one window of the range has that slot.
  ///
  /// - Complexity: O(1): no more than 512 windows can have different slots.
  func place(in range: Range<UInt64>?) -> Place {
    guard let level, let range else { return .unknown }
    let size = level.windowSize
    let slot = (entry & 0xFFF) / 8
    let first = range.lowerBound / size
    let last = (range.upperBound - 1) / size
    // Slots repeat every 512 windows.
    let match = first + ((slot &- first) & 511)
    guard match <= last, last - match < 512 else { return .unknown }
    return .exact(address: match * size, level: level)
  }
}
