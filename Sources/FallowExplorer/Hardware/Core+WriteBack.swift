// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// IOMMUs that do not snoop the CPUs' caches.
///
/// What a CPU stores stays in its cache, and comes to memory when code writes
/// it back, or at any time before. So an IOMMU may read either; and what was
/// stored before that may have come to memory or not, which is tried both ways.
extension Core {
  /// Whether an entry that is not in memory is replaced by another: then it is
  /// to be tried whether it had come there.
  @inline(__always)
  func replacesUnwritten(entryAt cell: Int, by new: UInt64) -> Bool {
    guard !layout.iommusSnoop, !runsThrough else { return false }
    let old = cells[cell]
    return old != new && old & TinyEntry.present != 0
      && cells[layout.inMemory(ofEntryAt: cell)] != old
  }

  /// Whether some entries of a table are such, if `first` and what follows
  /// replace them.
  func replacesUnwritten(
    _ frame: Int, _ entries: Range<Int>, first: UInt64, step: UInt64
  ) -> Bool {
    entries.contains {
      replacesUnwritten(
        entryAt: layout.entry(frame, $0),
        by: first &+ UInt64($0 - entries.lowerBound) &* step)
    }
  }

  /// An entry is about to be replaced: lets what it was have come to memory, or
  /// not.
  mutating func replaceUnwritten(entryAt cell: Int, by new: UInt64) {
    guard replacesUnwritten(entryAt: cell, by: new) else { return }
    if pick(2) == 1 { writeBack(entryAt: cell) }
  }

  /// An entry comes to memory.
  mutating func writeBack(entryAt cell: Int) {
    let memory = layout.inMemory(ofEntryAt: cell)
    if cells[memory] == cells[cell] { return }
    cells[memory] = cells[cell]
    treeChanged = true
  }

  /// Whether memory holds an entry that leads to a frame.
  func isInMemory(_ frame: Int) -> Bool {
    !layout.iommusSnoop
      && (layout.inMemory..<layout.fields).contains {
        table(in: cells[$0]) == frame
      }
  }
}

extension SteppingMachine {
  /// Shared accesses, one for each entry: what CPUs stored there is in memory,
  /// where an IOMMU that does not snoop reads it, as x86's CLFLUSH and Arm's DC
  /// CVAC with the fence behind them do.
  ///
  /// - Parameters:
  ///   - entry: The physical address of the first entry.
  ///   - count: How many follow each other; all of a table if nil.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func writeBack(
    _ entry: PhysicalAddress, count: Int? = nil
  ) throws(Stop) {
    let (frame, first) = try place(entry)
    let end = first + (count ?? core.layout.entriesPerTable - first)
    guard first <= end, end <= core.layout.entriesPerTable else {
      throw core.fail(.outOfBounds, at: frame)
    }
    for index in first..<end {
      if try core.begin(.writeBack, frame, index) != nil { continue }
      if core.isFree(frame) { throw core.fail(.accessToFree, at: frame) }
      core.noteUnnamed(frame)
      core.writeBack(entryAt: core.layout.entry(frame, index))
      try core.end(.writeBack, frame, index, 0)
    }
  }
}
