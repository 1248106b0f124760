// SPDX-License-Identifier: Apache-2.0

public import Fallow

extension SteppingMachine {
  /// A shared access; the roots under which devices bind are empty.
  public func load(_ entry: PhysicalAddress) throws(Stop) -> UInt64 {
    if core.hasUserSpaces, core.isOfSharedRoot(entry) { return 0 }
    return try access(.loadEntry, entry) { $0 }
  }

  /// A shared access.
  public func store(_ value: UInt64, to entry: PhysicalAddress) throws(Stop) {
    _ = try access(.storeEntry, entry) { _ in value }
  }

  /// A shared access.
  public func exchange(
    _ value: UInt64, at entry: PhysicalAddress
  ) throws(Stop) -> UInt64 {
    try access(.exchangeEntry, entry) { _ in value }
  }

  /// A shared access.
  public func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try access(.compareExchangeEntry, entry) {
      $0 == expected ? desired : $0
    }
  }

  /// An access of its own if nobody else can reach the table; if others can,
  /// one store after the other.
  public func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) throws(Stop) {
    // Frames for structures are zero before they are taken.
    if core.structure(at: entry) != nil { return }
    if count <= 0 { return }
    let (frame, index) = try place(entry)
    guard count <= core.layout.entriesPerTable - index else {
      throw core.fail(.outOfBounds, at: frame)
    }
    let isAtOnce =
      core.nextLogged.map { $0 == .fill }
      ?? core.decideOwnership(
        core.fillsAtOnce(frame)
          && !core.replacesUnwritten(
            frame, index..<(index + count), first: first, step: step)
      )
    guard isAtOnce else {
      for offset in 0..<count {
        try store(
          first &+ UInt64(offset) &* step, to: entry + UInt64(8 * offset))
      }
      return
    }
    if try core.begin(.fill, frame, index, isShared: false) != nil { return }
    if core.isFree(frame) { throw core.fail(.accessToFree, at: frame) }
    core.noteUnnamed(frame)
    for offset in 0..<count {
      let cell = core.layout.entry(frame, index + offset)
      core.cells[cell] = first &+ UInt64(offset) &* step
      if core.runsThrough { core.writeBack(entryAt: cell) }
    }
    core.treeChanged = true
    try core.end(.fill, frame, index, 0)
  }

  func place(
    _ entry: PhysicalAddress
  ) throws(Stop) -> (frame: Int, index: Int) {
    let frame = core.index(of: FrameNumber(containing: entry))
    guard frame >= 0 && frame < core.layout.frames else {
      throw core.fail(.accessToFree)
    }
    let offset = Int(
      truncatingIfNeeded: entry.rawValue & (FrameNumber.size - 1))
    // Guard: entries-end-with-their-table
    guard offset % 8 == 0, offset / 8 < core.layout.entriesPerTable else {
      throw core.fail(.outOfBounds, at: frame)
    }
    // Guard: entries-end-with-their-table.index
    return (frame, offset / 8)
  }

  @inline(__always)
  private func access(
    _ kind: Access, _ entry: PhysicalAddress, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    if let structure = core.structure(at: entry) {
      return try access(kind, structure, change)
    }
    let (frame, index) = try place(entry)
    if let old = try core.answer(kind, frame, index) { return old }
    let cell = core.layout.entry(frame, index)
    let isShared = core.decideOwnership(
      core.isShared(
        kind, frame, entryFrom: cell, to: change(core.seenEntry(cell)))
        || core.replacesUnwritten(entryAt: cell, by: change(core.cells[cell])))
    try core.beginNew(kind, frame, index, isShared: isShared, mover: nil)
    if core.isFree(frame) { throw core.fail(.accessToFree, at: frame) }
    core.noteUnnamed(frame)
    if core.buffersStores, isShared, kind == .loadEntry || kind == .storeEntry {
      return try buffered(kind, frame, index, change)
    }
    let old = core.cells[cell]
    let new = change(old)
    if new != old {
      core.replaceUnwritten(entryAt: cell, by: new)
      if kind == .storeEntry {
        try core.checkDirty(frame, index, from: old, to: new)
      }
      core.cells[cell] = new
      // Nothing is cached before anything runs.
      if core.runsThrough { core.writeBack(entryAt: cell) }
      core.noteUnlinked(from: old, to: new)
      try core.entryChanged(frame, index, to: new)
    }
    // What a store returns is nobody's: the log need not distinguish it.
    return try core.end(kind, frame, index, kind == .storeEntry ? 0 : old)
  }

  /// The same where stores wait, for what does not wait for them.
  private func buffered(
    _ kind: Access, _ frame: Int, _ index: Int, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let old = core.seenEntry(core.layout.entry(frame, index))
    let new = change(old)
    if new != old {
      core.noteUnlinked(from: old, to: new)
      try core.put(BufferedStore(.entry, frame, index, value: new))
    }
    return try core.end(kind, frame, index, kind == .storeEntry ? 0 : old)
  }
}

extension Core {
  /// Whether the entries of a table can be written in one step.
  func fillsAtOnce(_ frame: Int) -> Bool { runsThrough || isHidden(frame) }

  /// Whether others can notice that an entry is read or written: not in a
  /// table that they cannot reach, unless it is made to lead to another table,
  /// whose state others may change.
  @inline(__always)
  func isShared(
    _ kind: Access, _ frame: Int, entryFrom cell: Int, to new: UInt64
  ) -> Bool {
    if frame == 0 || !reductions.contains(.ownedFrames) { return true }
    if kind == .loadEntry {
      return !isOwned(frame) || layout.walkersSetBits && !isHidden(frame)
    }
    return TinyEntry.table(in: new) >= 0 && new != cells[cell]
      || !isHidden(frame)
  }
}
