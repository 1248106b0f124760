public import Fallow

extension SteppingMachine {
  /// A shared access.
  public func load(_ entry: PhysicalAddress) throws(Stop) -> UInt64 {
    try access(.loadEntry, entry) { $0 }
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

  /// A private access.
  public func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) throws(Stop) {
    // Frames for structures are zero before they are taken.
    if core.structure(at: entry) != nil { return }
    let (frame, index) = try place(entry)
    if try core.begin(.fill, frame, index, isShared: false) != nil { return }
    let layout = core.layout
    for offset in 0..<min(count, layout.entriesPerTable - index) {
      core.cells[layout.entry(frame, index + offset)] =
        first &+ UInt64(offset) &* step
    }
    core.treeChanged = true
    try core.end(.fill, frame, index, 0)
  }

  private func place(
    _ entry: PhysicalAddress
  ) throws(Stop) -> (frame: Int, index: Int) {
    let frame = core.index(of: FrameNumber(containing: entry))
    guard frame >= 0 && frame < core.layout.frames else {
      throw core.fail(.accessToFree)
    }
    return (
      frame,
      Int(truncatingIfNeeded: entry.rawValue & (FrameNumber.size - 1)) / 8
        % core.layout.entriesPerTable
    )
  }

  @inline(__always)
  private func access(
    _ kind: Access, _ entry: PhysicalAddress, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    if let structure = core.structure(at: entry) {
      return try access(kind, structure, change)
    }
    let (frame, index) = try place(entry)
    if let old = try core.begin(kind, frame, index, isShared: true) {
      return old
    }
    if core.isFree(frame) { throw core.fail(.accessToFree, at: frame) }
    if core.buffersStores, kind == .loadEntry || kind == .storeEntry {
      return try buffered(kind, frame, index, change)
    }
    let cell = core.layout.entry(frame, index)
    let old = core.cells[cell]
    let new = change(old)
    if new != old {
      core.cells[cell] = new
      try core.entryChanged(frame, index, to: new)
    }
    return try core.end(kind, frame, index, old)
  }

  /// The same where stores wait, for what does not wait for them.
  private func buffered(
    _ kind: Access, _ frame: Int, _ index: Int, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let old = core.seenEntry(core.layout.entry(frame, index))
    let new = change(old)
    if new != old {
      try core.put(BufferedStore(.entry, frame, index, value: new))
    }
    return try core.end(kind, frame, index, old)
  }
}

extension Core {
  /// Keeps track of where tables are linked, and of who must not write.
  mutating func entryChanged(
    _ frame: Int, _ index: Int, to new: UInt64
  ) throws(Stop) {
    treeChanged = true
    if new & TinyEntry.present != 0 { entryAppeared(in: frame) }
    let word = typeWord(of: frame)
    if word.state == .quarantined || word.state == .parked {
      throw fail(.writeIntoQuarantine, at: frame)
    }
    if let child = table(in: new) {
      let place = layout.child(
        of: Int(cells[Layout.linkedAt, byte: frame]), index)
      cells[Layout.linkedAt, byte: child] = UInt8(place)
      if !typeWord(of: child)[.kernelMark] {
        throw fail(.unmarkedTable, at: child)
      }
    }
  }
}
