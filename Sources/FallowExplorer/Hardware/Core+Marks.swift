// SPDX-License-Identifier: Apache-2.0

/// Accessed and dirty bits that walkers set.
///
/// A walker sets them in memory, by one access that changes nothing else, while
/// the entry is present; the dirty one while it may write. What it has cached
/// plays no part: where the leaf is gone, the walk that is to set the bit ends
/// in a fault.
extension Core {
  /// A walker sets a bit of a leaf; false if none can.
  mutating func mark(_ frame: Int, _ index: Int, isDirty: Bool) -> Bool {
    let cell = layout.entry(frame, index)
    let needed =
      TinyEntry.present | TinyEntry.leaf | (isDirty ? TinyEntry.writable : 0)
    let bit = isDirty ? TinyEntry.dirty : TinyEntry.accessed
    guard cells[cell] & (needed | bit) == needed,
      frame == 0 || heldByWalkers >> UInt64(frame) & 1 != 0
    else { return false }
    cells.setBits(bit, at: cell)
    return true
  }

  /// Checks a plain store over a leaf that was written through: that is known
  /// to no one any more, unless the actor has seen it.
  mutating func checkDirty(
    _ frame: Int, _ index: Int, from old: UInt64, to new: UInt64
  ) throws(Stop) {
    guard layout.walkersSetBits, old & TinyEntry.present != 0,
      old & TinyEntry.dirty != 0, new & TinyEntry.dirty == 0, !runsThrough
    else { return }
    let log = layout.log(of: actor)
    for number in 0..<cursor {
      let logged = LoggedAccess(
        in: cells, at: log + number * Layout.loggedWords)
      let isRead =
        logged.access.targetsEntry && logged.access != .storeEntry
        && logged.target == frame && logged.detail == index
      if isRead, logged.result & TinyEntry.dirty != 0 { return }
    }
    // Guard: unseen-dirty-bits-are-lost
    throw fail(.lostDirtyBit, at: frame)
  }
}
