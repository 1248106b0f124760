internal import Fallow

/// What must hold after every step.
extension Core {
  /// Checks that whatever a walker may hold for a place is a table that was
  /// linked there, and was not given back.
  mutating func checkWalkers() {
    var first = 0
    while first < layout.walkers * 2 {
      checkSet(first / 2, layout.sets + first * layout.setWords)
      first += 1
    }
  }

  private mutating func checkSet(_ walker: Int, _ set: Int) {
    var place = 1
    while place <= layout.places {
      if place <= layout.tablePlaces {
        check(cells[set, byte: tableByte(place)], at: place, of: walker)
      }
      check(
        cells[set, byte: leafByte(place)], at: layout.parent(of: place),
        of: walker, isLeaf: true)
      place += 1
    }
  }

  private mutating func check(
    _ frames: UInt8, at place: Int, of walker: Int, isLeaf: Bool = false
  ) {
    var left = frames
    while left != 0 {
      let frame = left.trailingZeroBitCount
      left &= left &- 1
      if frame == 0 && place == 0 { continue }
      if isFree(frame) {
        note(
          walker == 0
            ? .heldByCPU : isLeaf ? .staleTranslation : .heldAtRelease,
          at: frame)
        continue
      }
      let word = typeWord(of: frame)
      guard word.kind == .table,
        word.state != .constructed,
        Int(cells[Layout.linkedAt, byte: frame]) == place
      else {
        note(.staleWalk, at: frame)
        continue
      }
      for index in 0..<layout.entriesPerTable
      where cells[layout.entry(frame, index)] == TinyEntry.leftover {
        note(.leftoverEntry, at: frame)
      }
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
