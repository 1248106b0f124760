// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// An entry that still names a table which was handed over or freed.
struct StaleEntry {
  /// What it covers.
  var stretch: VirtualRange
  /// The level of the table that holds it.
  var level: Int
}

/// Entries that Linux clears only after it has handed their table over, or has
/// given it back: memory hot-unplug.
extension Replay {
  /// Gives back the table behind an entry that stays as it is.
  ///
  /// - Returns: Whether there was a table.
  func freeWhileNamed(_ stretch: VirtualRange, level: Int) -> Bool {
    clearStaleEntries(in: stretch)
    guard
      unsafe UnsafeDoor.freeWhileLinked(
        in: kernel, at: stretch.start, level: level)
    else { return false }
    staleEntries.append(StaleEntry(stretch: stretch, level: level))
    return true
  }

  /// Takes the empty table behind an entry that stays as it is.
  ///
  /// - Returns: The table and those below it; none if something is mapped
  ///   there, or nothing is.
  func takeWhileNamed(_ stretch: VirtualRange, level: Int) -> [Held] {
    clearStaleEntries(in: stretch)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    unsafe UnsafeDoor.unlinkWhileNamed(
      in: kernel, at: stretch.start, level: level, into: &unlinked)
    let tables = Self.boxes(unlinked)
    if !tables.isEmpty {
      staleEntries.append(StaleEntry(stretch: stretch, level: level))
    }
    return tables
  }

  /// Clears the entries that cover a part of `range`.
  ///
  /// A change of the tables there would go through them.
  func clearStaleEntries(in range: VirtualRange) {
    guard !staleEntries.isEmpty else { return }
    let reached = staleEntries.filter { $0.stretch.overlaps(range) }
    guard !reached.isEmpty else { return }
    staleEntries.removeAll { $0.stretch.overlaps(range) }
    for entry in reached {
      unsafe UnsafeDoor.clearLate(
        in: kernel, at: entry.stretch.start, level: entry.level)
    }
  }
}
