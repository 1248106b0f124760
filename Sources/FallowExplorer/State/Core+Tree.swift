// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where tables hang in the tree from the root.
extension Core {
  /// The table at a place as the actor's CPU sees the tree; nil if there is
  /// none.
  func table(at place: Int) -> Int? {
    if place == 0 { return 0 }
    guard let holder = table(at: layout.parent(of: place)) else { return nil }
    let index = (place - 1) % layout.entriesPerTable
    return table(in: seenEntry(layout.entry(holder, index)))
  }

  /// Whether a frame is a table of the tree.
  func isReachable(_ frame: Int) -> Bool {
    (1...layout.tablePlaces).contains { table(at: $0) == frame }
  }

  /// The places that a table is linked at, or was linked at last: bit 0 is
  /// place 1.
  @inline(__always)
  func places(of frame: Int) -> UInt64 {
    var places: UInt64 = 0
    var byte = 0
    while byte < layout.placeBytes {
      let bits = cells[
        layout.linkedPlaces, byte: frame &* layout.placeBytes &+ byte]
      places |= UInt64(bits) &<< UInt64(truncatingIfNeeded: 8 &* byte)
      byte &+= 1
    }
    return places
  }

  func setPlaces(of frame: Int, _ places: UInt64) {
    for byte in 0..<layout.placeBytes {
      cells[layout.linkedPlaces, byte: frame * layout.placeBytes + byte] =
        UInt8(truncatingIfNeeded: places >> UInt64(8 * byte))
    }
  }

  /// Whether a table is, or was last, linked at a place.
  @inline(__always)
  func isLinked(_ frame: Int, at place: Int) -> Bool {
    places(of: frame) &>> UInt64(truncatingIfNeeded: place &- 1) & 1 != 0
  }

  /// Keeps track of where tables are linked, and of who must not write.
  mutating func entryChanged(
    _ frame: Int, _ index: Int, to new: UInt64
  ) throws(Stop) {
    treeChanged = true
    if new & TinyEntry.present != 0 { entryAppeared(in: frame) }
    let state = typeWord(of: frame).state
    if state == .quarantined || state == .parked {
      throw fail(.writeIntoQuarantine, at: frame)
    }
    guard let child = table(in: new) else { return }
    try checkMark(of: child)
    var above = frame == 0 ? 1 : places(of: frame) << 1
    while above != 0 {
      let place = layout.child(of: above.trailingZeroBitCount, index)
      above &= above - 1
      try link(child, at: place)
    }
  }

  /// The actor's operation ends: tables that it moved hang where they hang now,
  /// and what walkers hold for their old places is stale.
  ///
  /// Until then it may be flushed after the table is linked elsewhere: the
  /// addresses are the operation's own.
  mutating func endUnlinking() {
    var left = cells[Layout.moved, byte: actor]
    cells[Layout.unlinked, byte: actor] = 0
    cells[Layout.moved, byte: actor] = 0
    while left != 0 {
      let table = left.trailingZeroBitCount
      left &= left - 1
      var linked: UInt64 = 0
      for place in 1...layout.tablePlaces where self.table(at: place) == table {
        linked |= 1 << UInt64(place - 1)
      }
      if linked == 0 || linked == places(of: table) { continue }
      setPlaces(of: table, linked)
      checkWalkers()
    }
  }

  private mutating func checkMark(of table: Int) throws(Stop) {
    if !typeWord(of: table)[.kernelMark] {
      throw fail(.unmarkedTable, at: table)
    }
  }

  /// A table came to hang at a place, with all that hangs from it.
  private mutating func link(_ table: Int, at place: Int) throws(Stop) {
    guard place <= layout.tablePlaces else { return }
    let bit: UInt64 = 1 << UInt64(place - 1)
    let before = places(of: table)
    var isElsewhere = false
    var left = before & ~bit
    while left != 0 {
      if self.table(at: left.trailingZeroBitCount + 1) == table {
        isElsewhere = true
      }
      left &= left - 1
    }
    let isMoving =
      cells[Layout.unlinked, byte: actor] >> UInt8(table) & 1 != 0
    if isMoving {
      cells.setBits(1 << UInt8(table), at: Layout.moved, byte: actor)
    }
    setPlaces(of: table, isElsewhere || isMoving ? before | bit : bit)
    for index in 0..<layout.entriesPerTable {
      let entry = cells[layout.entry(table, index)]
      guard let child = self.table(in: entry) else { continue }
      try checkMark(of: child)
      try link(child, at: layout.child(of: place, index))
    }
  }
}
