// SPDX-License-Identifier: Apache-2.0

/// Walkers that set flags in entries that lead to tables.
///
/// Software that compares an entry with what it wrote there finds another one.
/// A walker that still holds a table which has gone writes too; that is
/// ``Oracle/writeAfterFree``, with no step of its own.
extension Core {
  /// Whether a walker sets the flag of some entry.
  var setsFlagsOfTables: Bool { rules.flags == .tables }

  /// A walker sets the flag of the entry at a place; false if it leads to no
  /// table, or has the flag.
  mutating func setFlag(at place: Int) -> Bool {
    guard let holder = table(at: layout.parent(of: place)) else {
      return false
    }
    let cell = layout.entry(holder, (place - 1) % layout.entriesPerTable)
    guard table(in: cells[cell]) != nil,
      cells[cell] & TinyEntry.accessed == 0
    else { return false }
    cells.setBits(TinyEntry.accessed, at: cell)
    return true
  }
}
