// SPDX-License-Identifier: Apache-2.0

/// What one task did last that shows where the tables it frees were linked.
struct TaskTrail {
  /// The table whose place the recording itself names.
  var named: (descriptor: UInt64, place: Place)?
  /// The window of a PTE table about to be replaced.
  var pmdWindow: UInt64?
  /// The window of a PMD table about to be replaced.
  var pudWindow: UInt64?
  /// The PTE table, and its slot, named last below that PMD table.
  var pudSlot: (descriptor: UInt64, slot: UInt64)?
  /// Tables that collapses replaced and that are not freed yet.
  var collapsed: [CollapsedTable] = []

  struct CollapsedTable {
    var descriptor: UInt64
    var address: UInt64
    var level: LinuxLevel
  }

  /// Collapses without a free cannot pile up for ever.
  private static let collapsedLimit = 1 << 12

  mutating func noteCollapse(
    address: UInt64, ret: Int, pt: UInt64, pt2: UInt64
  ) {
    // The list elements lie 8 bytes into their descriptors.
    if ret == 1 {
      note(pt &- 8, address: address, level: .pte)
    } else if ret == 2 {
      note(pt2 &- 8, address: address, level: .pte)
      note(pt &- 8, address: address, level: .pmd)
    }
  }

  private mutating func note(
    _ descriptor: UInt64, address: UInt64, level: LinuxLevel
  ) {
    if collapsed.count == Self.collapsedLimit {
      collapsed.removeFirst(Self.collapsedLimit / 2)
    }
    collapsed.append(
      CollapsedTable(
        descriptor: descriptor, address: level.window(of: address),
        level: level))
  }

  /// Where the table that this task frees by way of `caller` was linked.
  mutating func place(ofTable descriptor: UInt64, caller: Symbol) -> Place {
    if let named = named.take(), named.descriptor == descriptor {
      return named.place
    }
    switch caller {
    case .pmdFreePTEPage:
      guard let window = pmdWindow.take() else { return .unknown }
      return .exact(address: window, level: .pte)
    case .pudFreePMDPage:
      guard let window = pudWindow else { return .unknown }
      if let slot = pudSlot.take(), slot.descriptor == descriptor {
        let address = window &+ slot.slot &* LinuxLevel.pte.windowSize
        return .exact(address: address, level: .pte)
      }
      // The PMD table comes last.
      pudWindow = nil
      return .exact(address: window, level: .pmd)
    case .cpaFlush:
      // The frees come in the reverse order of the collapses.
      let match = collapsed.lastIndex { $0.descriptor == descriptor }
      guard let match else { return .unknown }
      let table = collapsed.remove(at: match)
      return .exact(address: table.address, level: table.level)
    case .pteAllocKernel, .pmdAlloc, .pudAlloc, .changePageAttributes:
      return .neverLinked
    default:
      return .unknown
    }
  }
}
