// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Cursors, which reserve in a table what it is going to count.
extension LibraryModel {
  /// Maps a slot by a cursor; where it is refused, what came before is unmapped
  /// by the same cursor.
  func mapByCursor(_ slot: Slot) throws(Stop) -> Bool {
    var cursor = try Cursor(space)
    for page in 0..<slot.pageCount {
      let distance = UInt64(page) << FrameNumber.shift
      if try cursor.map(
        slot.range.start + distance, to: slot.target + distance,
        attributes: .none) == nil
      {
        continue
      }
      try unmap(page, of: slot, by: &cursor)
      try cursor.finish()
      return false
    }
    try cursor.finish()
    return true
  }

  func unmapByCursor(_ slot: Slot) throws(Stop) -> Bool {
    var cursor = try Cursor(space)
    try unmap(slot.pageCount, of: slot, by: &cursor)
    try cursor.finish()
    return true
  }

  /// Maps a slot by a cursor, and unmaps it again while the cursor stands in the
  /// table.
  func useByCursor(_ slot: Slot) throws(Stop) -> Bool {
    var cursor = try Cursor(space)
    let isMapped =
      try cursor.map(slot.range.start, to: slot.target, attributes: .none)
      == nil
    if isMapped { try unmap(1, of: slot, by: &cursor) }
    try cursor.finish()
    return isMapped
  }

  /// Unmaps so many pages from the first of a slot on.
  private func unmap(
    _ count: Int, of slot: Slot,
    by cursor: inout Cursor<TinyFormat<Shape>, Scheme>
  ) throws(Stop) {
    for page in 0..<count {
      _ = try cursor.unmap(
        slot.range.start + UInt64(page) << FrameNumber.shift)
    }
  }

  // MARK: Addresses that change hands

  /// Gets a slot's addresses, uses the first page by a cursor, and gives them
  /// back, once or twice, before the cursor is finished.
  ///
  /// A lock stands for the allocator of addresses: its holder owns the slot.
  /// Nothing is mapped while nobody does. Another may own the slot when this
  /// operation ends, so lookups are checked here.
  func useByCursor(_ slot: Slot, times: Int) throws(Stop) -> Bool {
    let machine = space.platform
    let page = slot.range.start
    var cursor = try Cursor(space)
    for _ in 0..<times {
      try machine.lock(.spin(0))
      if try cursor.map(page, to: slot.target, attributes: .none) == nil {
        try check(page, isMapped: true)
        _ = try cursor.unmap(page)
        try check(page, isMapped: false)
      }
      try machine.unlock(.spin(0))
    }
    try cursor.finish()
    return true
  }

  /// Gets a slot's addresses and unmaps them whole.
  func unmapWhole(_ slot: Slot) throws(Stop) -> Bool {
    let machine = space.platform
    try machine.lock(.spin(0))
    _ = try space.unmap(slot.range)
    try machine.unlock(.spin(0))
    return true
  }

  /// Gets a slot's addresses and has their table make way for one leaf, which is
  /// unmapped again.
  func mapLeafOverTable(_ slot: Slot) throws(Stop) -> Bool {
    let machine = space.platform
    try machine.lock(.spin(0))
    let refusal = try space.map(
      slot.range, to: slot.target, attributes: .none, maxLeafLevel: 2)
    if let refusal {
      if refusal.kind != .outOfFrames { throw machine.core.fail(.wrongLookup) }
    } else {
      try check(slot.range.start, isMapped: true)
      _ = try space.unmap(slot.range)
    }
    try machine.unlock(.spin(0))
    return true
  }

  /// Fails if a page is not as it must be, under the lock.
  private func check(
    _ page: VirtualAddress, isMapped: Bool
  ) throws(Stop) {
    var table = space.root.address
    var level = TinyFormat<Shape>.levels
    while level > 0 {
      let entry = try space.platform.load(
        TinyFormat<Shape>.slot(
          for: page, in: FrameNumber(containing: table), level: level))
      guard TinyFormat<Shape>.isTable(entry, level: level) else {
        if (entry != 0) == isMapped { return }
        throw space.platform.core.fail(.wrongLookup)
      }
      table = TinyFormat<Shape>.tableAddress(in: entry, isKernel: true)
      level -= 1
    }
  }
}
