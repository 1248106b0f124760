// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What must hold when nothing goes on.
extension Core {
  /// Checks what must hold when nobody is at work: every table that is not
  /// free can be found again, and the worker was not scheduled for it in vain.
  mutating func checkQuiet() {
    guard cells[Layout.flags] & 1 == 0, !hasCalls else { return }
    for actor in 0..<layout.actors
    where cells[layout.headers + actor] != 0 { return }
    let reachable = reachableAtRest
    for frame in 1..<layout.frames where !isFree(frame) {
      let isFound = reachable >> UInt64(frame) & 1 != 0
      let isAwaited = cells[Layout.awaited] >> UInt64(frame) & 1 != 0
      if !isFound || isAwaited {
        note(.leak, at: frame)
      } else if releasesAtRest {
        checkAtRest(frame)
      }
    }
  }

  /// Checks that a table is in the tree or will be released.
  private mutating func checkAtRest(_ frame: Int) {
    let word = typeWord(of: frame)
    switch (word.kind, word.state) {
    case (.table, .linked):
      if !isReachable(frame) || !keepsEmptyTables && isEmpty(frame) {
        note(.leak, at: frame)
      }
    case (.table, .parked): if !isParked(frame) { note(.leak, at: frame) }
    default: note(.leak, at: frame)
    }
  }

  /// Whether the worker will come upon a parked table.
  private func isParked(_ frame: Int) -> Bool {
    var next = FrameName.frame(in: cells[layout.word(always: .parked)])
    for _ in 0..<layout.frames {
      guard let parked = next, parked < layout.frames else { return false }
      if parked == frame { return true }
      next = FrameName.frame(in: cells[layout.field(.link, of: parked)])
    }
    return false
  }

  private func isEmpty(_ frame: Int) -> Bool {
    (0..<layout.entriesPerTable).allSatisfy {
      cells[layout.entry(frame, $0)] == 0
    }
  }

  /// Whether a table is retired and not released.
  var hasQuarantined: Bool {
    (1..<layout.frames).contains {
      let word = typeWord(of: $0)
      return word.kind == .table
        && (word.state == .quarantined || word.state == .parked)
    }
  }
}
