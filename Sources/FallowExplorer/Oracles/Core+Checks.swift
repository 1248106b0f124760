internal import Fallow

/// What must hold after every step.
extension Core {
  /// Checks that whatever a walker may hold for a place is a table that was
  /// linked there, and was not given back.
  mutating func checkWalkers() {
    var walker = 0
    while walker < layout.walkers {
      checkWalker(walker)
      walker &+= 1
    }
  }

  /// Checks the same for one walker.
  mutating func checkWalker(_ walker: Int) {
    var index = layout.set(of: walker, old: false)
    let first = index
    let end = index &+ 2 &* layout.setWords
    while index < end {
      var left = cells[index]
      let byte = (index &- first) % layout.setWords &* 8
      while left != 0 {
        let bit = left.trailingZeroBitCount
        left &= left &- 1
        check(
          frame: bit & 7, inByte: byte &+ bit &>> 3, of: walker,
          isOld: index &- first >= layout.setWords)
      }
      index &+= 1
    }
  }

  @inline(__always)
  private mutating func check(
    frame: Int, inByte byte: Int, of walker: Int, isOld: Bool
  ) {
    let isLeaf = byte >= layout.tablePlaces
    let place =
      isLeaf
      ? layout.parent(of: byte &- layout.tablePlaces &+ 1) : byte &+ 1
    if frame == 0 && place == 0 { return }
    if isFree(frame) {
      return note(
        walker == 0
          ? .heldByCPU : isLeaf ? .staleTranslation : .heldAtRelease,
        at: frame)
    }
    let word = typeWord(of: frame)
    guard word.kind == .table, word.state != .constructed,
      Int(cells[Layout.linkedAt, byte: frame]) == place
    else { return note(.staleWalk, at: frame) }
    if walker > 0 {
      happened |= Happening.walked.bit
      if word.state == .quarantined {
        happened |=
          isOld
          ? Happening.walkedAcross.bit : Happening.heldInQuarantine.bit
      }
    }
    for index in 0..<layout.entriesPerTable
    where cells[layout.entry(frame, index)] == TinyEntry.leftover {
      note(.leftoverEntry, at: frame)
    }
  }

  /// Checks what must hold when nobody is at work: nothing is retired or empty
  /// that nobody will release.
  mutating func checkQuiet() {
    guard cells[Layout.flags] & 1 == 0 else { return }
    for actor in 0..<layout.actors
    where cells[layout.headers + actor] != 0 { return }
    for frame in 1..<layout.frames where !isFree(frame) {
      let word = typeWord(of: frame)
      switch (word.kind, word.state) {
      case (.table, .linked):
        if !isReachable(frame) || isEmpty(frame) { note(.leak, at: frame) }
      case (.table, .parked): continue
      default: note(.leak, at: frame)
      }
    }
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
