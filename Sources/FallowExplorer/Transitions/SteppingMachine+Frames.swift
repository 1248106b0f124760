// SPDX-License-Identifier: Apache-2.0

public import Fallow

extension SteppingMachine {
  // MARK: Descriptors

  /// An access that others notice if they can reach the frame.
  public func load(
    _ field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) -> UInt64 {
    try access(.loadField, field, frame) { $0 }
  }

  /// An access that others notice if they can reach the frame.
  public func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) {
    _ = try access(.storeField, field, frame) { _ in value }
  }

  /// An access that others notice if they can reach the frame.
  public func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try access(.compareExchangeField, field, frame) {
      $0 == expected ? desired : $0
    }
  }

  /// An access that others notice if they can reach the frame.
  public func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) -> UInt64 {
    try access(.addField, field, frame) {
      $0 &+ UInt64(bitPattern: delta)
    } &+ UInt64(bitPattern: delta)
  }

  @inline(__always)
  private func access(
    _ kind: Access, _ field: DescriptorField, _ frame: FrameNumber,
    _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let index = core.index(of: frame)
    guard index >= 0 && index < core.layout.descriptors else {
      throw core.fail(.wrongState)
    }
    let detail = Int(field.rawValue)
    if let old = try core.answer(kind, index, detail) { return old }
    let cell = core.layout.field(field, of: index)
    let isShared = core.decideOwnership(
      core.isShared(
        kind, index, field, from: core.cells[cell],
        to: change(core.cells[cell])))
    try core.beginNew(kind, index, detail, isShared: isShared, mover: nil)
    if core.isFree(index) {
      throw core.fail(.accessToFree, at: index)
    }
    core.noteUnnamed(index)
    // What says who shares a space goes with the sharing lock, while there is
    // a space.
    if index >= core.layout.frames, field == .binding || field == .link,
      !core.hasUserSpaces || core.typeWord(of: index).state == .linked,
      !core.holds(.sharing)
    {
      throw core.fail(.lockDiscipline, at: index)
    }
    var old = core.cells[cell]
    if core.buffersStores, isShared, kind == .loadField || kind == .storeField {
      old = core.forwarded(.field, index, detail) ?? old
      if kind == .storeField, change(old) != old {
        try core.put(BufferedStore(.field, index, detail, value: change(old)))
      }
    } else {
      try core.setField(field, of: index, to: change(old))
    }
    // What a store returns is nobody's: the log need not distinguish it.
    return try core.end(kind, index, detail, kind == .storeField ? 0 : old)
  }

  // MARK: Frames

  /// True: nobody names a frame that is not the machine's.
  public func hasDescriptor(_ frame: FrameNumber) -> Bool { true }

  /// Any free frame, whichever an allocator might pick: the search tries each.
  public func allocate(order: Int) throws(Stop) -> FrameNumber {
    if let frame = try core.begin(.allocate, 0) {
      return FrameNumber(frame)
    }
    if let structure = core.takeStructure() { return structure }
    let free = core.cells[Layout.free]
    guard free != 0, order == 0 else {
      core.happened |= CoverageGoal.refused.bit
      return FrameNumber(
        try core.end(.allocate, 0, 0, FrameNumber.none.rawValue))
    }
    let alike = free & core.interchangeable
    let choice = core.pick(
      (free ^ alike).nonzeroBitCount + (alike == 0 ? 0 : 1))
    var left = free
    for _ in 0..<choice { left &= left &- 1 }
    let frame = left.trailingZeroBitCount
    core.cells[Layout.free] = free & ~(1 << UInt64(frame))
    core.noteReuse(of: frame)
    return FrameNumber(
      try core.end(.allocate, 0, 0, core.number(frame).rawValue))
  }

  /// Anyone may own the frame from here on; one of a root is not handed out
  /// again.
  public func free(_ block: FrameNumber, order: Int) throws(Stop) {
    let frame = core.index(of: block)
    if core.structure(at: block.address) != nil {
      return try core.freeStructure(in: frame)
    }
    let isRoot = frame >= core.layout.frames
    guard frame > 0 && frame < core.layout.frames + core.layout.roots else {
      throw core.fail(.wrongState)
    }
    if try core.begin(.free, frame) != nil { return }
    if isRoot {
      try core.endSpace(from: frame)
      try core.end(.free, frame, 0, 0)
      return
    }
    if core.isFree(frame) { throw core.fail(.doubleFree, at: frame) }
    core.noteUnnamed(frame)
    if core.isReachable(frame) { core.note(.releasedWhileLinked, at: frame) }
    core.checkZero(frame)
    core.cells.setBits(1 << UInt64(frame), at: Layout.free)
    for index in 0..<core.layout.entriesPerTable {
      let cell = core.layout.entry(frame, index)
      core.cells[cell] = TinyEntry.leftover
      core.writeBack(entryAt: cell)
    }
    for index in 0..<4 {
      core.cells[core.layout.fields + frame * 4 + index] = 0
    }
    core.clearOwnFields(of: frame)
    core.setPlaces(of: frame, 0)
    core.noteReleased(frame)
    core.treeChanged = true
    core.happened |= CoverageGoal.released.bit
    try core.end(.free, frame, 0, 0)
  }
}

extension Core {
  /// Takes note if another actor gave `frame` back in the operation that it is
  /// at.
  mutating func noteReuse(of frame: Int) {
    for other in 0..<layout.actors where other != actor {
      let log = layout.log(of: other)
      let end = log + layout.logWords(of: other, in: cells)
      for index in stride(from: log, to: end, by: Layout.loggedWords) {
        let logged = LoggedAccess(in: cells, at: index)
        if logged.access == .free && logged.target == frame {
          happened |= CoverageGoal.reused.bit
        }
      }
    }
  }

  /// A table that came to its end with no entry counted is zero: the next one
  /// is not zeroed again.
  mutating func checkZero(_ frame: Int) {
    guard
      cells[layout.field(.entryCount, of: frame)] == DescriptorField.endOfTable
    else { return }
    for index in 0..<layout.entriesPerTable
    where cells[layout.entry(frame, index)] != 0 {
      note(.leftoverEntry, at: frame)
    }
  }

  /// Whether others can notice an access to a frame's descriptor: not of a
  /// frame that they cannot reach, unless a property looks at all of them.
  @inline(__always)
  func isShared(
    _ kind: Access, _ frame: Int, _ field: DescriptorField,
    from old: UInt64, to new: UInt64
  ) -> Bool {
    if !reductions.contains(.ownedFrames) { return true }
    if frame >= layout.frames {
      // Guarded by the sharing lock, and looked at with it alone.
      let isGuarded = field == .binding || field == .link
      return !(isGuarded && holds(.sharing))
    }
    guard field == .typeWord, kind != .loadField else {
      return !isOwned(frame)
    }
    if forbidsIdleInvalidation { return true }
    // Walkers are judged by whether a frame is a table, and write none of this.
    return Self.isWalkable(old) == Self.isWalkable(new)
      ? !isOwned(frame) : !isHidden(frame)
  }

  /// Writes a word of a descriptor.
  mutating func setField(
    _ field: DescriptorField, of frame: Int, to new: UInt64
  ) throws(Stop) {
    let cell = layout.field(field, of: frame)
    let old = cells[cell]
    if old == new { return }
    cells[cell] = new
    if field == .typeWord { try typeChanged(frame, from: old) }
  }

  /// A table is retired only when no entry points to it any more.
  mutating func typeChanged(_ frame: Int, from old: UInt64) throws(Stop) {
    let before = TypeWord(rawValue: UInt32(truncatingIfNeeded: old))
    let word = typeWord(of: frame)
    if frame >= layout.frames { return }
    if word.state == .parked { happened |= CoverageGoal.parked.bit }
    guard word.kind == .table, word.state == .quarantined,
      before.state != .quarantined, before.state != .parked
    else { return }
    noteRetired(frame)
    // Nothing but the permanent entries above points to the root.
    if frame == 0 || isReachable(frame) {
      throw fail(.retiredWhileLinked, at: frame)
    }
  }
}
