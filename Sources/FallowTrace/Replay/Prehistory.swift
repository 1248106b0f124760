// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What must have stood before the recording began, by what it says later.
///
/// A table that is freed and was never seen made existed at the start: there
/// is no other way. Nothing else is assumed.
struct Prehistory {
  /// Events by which the moment is known at which a worker took the list.
  enum RunEvent: Int, Comparable {
    case splice, invalidation, start

    static func < (lhs: Self, rhs: Self) -> Bool {
      lhs.rawValue < rhs.rawValue
    }
  }

  /// First addresses of 2 MiB windows that had an empty PTE table.
  private(set) var emptyTables: [UInt64] = []
  /// Whether the recording says when tables came to stand on the list.
  private(set) var hasListEvents = false
  /// What it says of a worker run, the best first.
  private(set) var runEvents: Set<RunEvent> = []
  /// Whether it says what was mapped, apart from what was reserved.
  private(set) var hasMappings = false
  /// Entries of the root that no recorded address needs, lowest first.
  private(set) var unusedRootEntries: [Int]

  /// Reads what `recording` implies.
  ///
  /// - Complexity: O(events)
  init(of recording: Recording) {
    var made: Set<UInt64> = []
    var found: Set<UInt64> = []
    var rootEntries: Set<Int> = []
    // Tables that a collapse replaced: what split them is recorded, or stands
    // in for it.
    var collapsed: Set<UInt64> = []
    func freed(_ window: UInt64, _ emptyTables: inout [UInt64]) {
      if made.remove(window) == nil && found.insert(window).inserted {
        emptyTables.append(window)
      }
    }
    func use(_ start: UInt64, _ end: UInt64) {
      let first = X86FourLevel.index(of: VirtualAddress(start), level: 4)
      let last = X86FourLevel.index(of: VirtualAddress(end &- 1), level: 4)
      rootEntries.formUnion(min(first, last)...max(first, last))
    }
    for (index, event) in recording.events.enumerated() {
      switch event.payload {
      case .vmap(let start, let end, _)
      where LeafPieces.areFew(start: start, end: end, phys: 0, shift: 12):
        hasMappings = true
        use(start, end)
        for window in Self.windows(start, end) { made.insert(window) }
      case .vmapPhysical(let start, let end, let phys, let shift)
      where LeafPieces.areFew(
        start: start, end: end, phys: phys, shift: shift):
        hasMappings = true
        use(start, end)
        for piece in LeafPieces(
          start: start, end: end, phys: phys, shift: shift)
        where piece.level == 1 {
          for window in Self.windows(
            piece.range.start.rawValue,
            piece.range.start.rawValue &+ piece.range.size)
          {
            made.insert(window)
          }
        }
      case .vunmap(let start, let end) where start < end: use(start, end)
      case .hotUnmap(let start, let end, _) where start < end: use(start, end)
      case .vmemmapMap(let start, let end) where start < end: use(start, end)
      case .split(let address, _, let level, _):
        use(address, address &+ 1)
        if level == 2 { made.insert(Self.window(address)) }
      case .collapse(let address, let ret, let pt, _) where ret > 0:
        use(address, address &+ 1)
        made.remove(Self.window(address))
        collapsed.insert(pt &- 8)
      case .areaAllocated(let start, let size, false) where size > 0:
        use(start, start &+ size)
      case .tableFree(let descriptor, _, _):
        if collapsed.remove(descriptor) != nil { continue }
        switch recording.place(ofFreeAt: index) {
        case .exact(let address, .pte):
          use(address, address &+ 1)
          freed(address, &emptyTables)
        default: break
        }
      case .listed: hasListEvents = true
      case .splice: runEvents.insert(.splice)
      case .invalidate: runEvents.insert(.invalidation)
      case .workerStart: runEvents.insert(.start)
      default: break
      }
    }
    unusedRootEntries = (256..<512).filter { !rootEntries.contains($0) }
  }

  private static func window(_ address: UInt64) -> UInt64 {
    address & ~(X86FourLevel.span(of: 2) - 1)
  }

  private static func windows(
    _ start: UInt64, _ end: UInt64
  ) -> StrideThrough<UInt64> {
    stride(from: window(start), through: window(end &- 1), by: 1 << 21)
  }
}
