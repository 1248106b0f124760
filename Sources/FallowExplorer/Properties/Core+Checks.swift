// SPDX-License-Identifier: Apache-2.0

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
    if frame == 0 && place == 0 || walker == 0 && isLeaf { return }
    if isFree(frame) {
      return note(
        walker == 0
          ? .heldByCPU : isLeaf ? .staleTranslation : .heldAtRelease,
        at: frame)
    }
    let word = typeWord(of: frame)
    guard Self.isWalkable(UInt64(word.rawValue)), isLinked(frame, at: place)
    else { return note(.staleWalk, at: frame) }
    if walker > 0 {
      happened |= CoverageGoal.walked.bit
      let isRetired =
        word.state == .quarantined
        || happened & CoverageGoal.heldInQuarantine.bit == 0
          && !isReachable(frame)
      if isRetired {
        happened |=
          isOld
          ? CoverageGoal.walkedAcross.bit : CoverageGoal.heldInQuarantine.bit
      }
      for index in 0..<layout.entriesPerTable
      where cells[layout.entry(frame, index)] == TinyEntry.leftover {
        note(.leftoverEntry, at: frame)
      }
    }
  }

  /// Whether a walker may hold a frame whose type word that is: a table that
  /// was linked.
  @inline(__always)
  static func isWalkable(_ typeWord: UInt64) -> Bool {
    let word = TypeWord(rawValue: UInt32(truncatingIfNeeded: typeWord))
    return word.kind == .table && word.state != .constructed
  }

  /// Checks what must hold when nobody is at work: every table that is not
  /// free can be found again, and the worker was not scheduled for it in vain.
  mutating func checkQuiet() {
    guard cells[Layout.flags] & 1 == 0, !hasCalls else { return }
    for actor in 0..<layout.actors
    where cells[layout.headers + actor] != 0 { return }
    let reachable = reachableAtRest
    for frame in 1..<layout.frames where !isFree(frame) {
      let isFound = reachable >> UInt64(frame) & 1 != 0
      let isAwaited = cells[Layout.awaited] >> UInt64(frame) & 1 != 0
      if !isFound || isAwaited {
        note(.leak, at: frame)
      } else if releasesAtRest {
        checkAtRest(frame)
      }
    }
  }

  /// Checks that a table is in the tree or will be released.
  private mutating func checkAtRest(_ frame: Int) {
    let word = typeWord(of: frame)
    switch (word.kind, word.state) {
    case (.table, .linked):
      if !isReachable(frame) || !keepsEmptyTables && isEmpty(frame) {
        note(.leak, at: frame)
      }
    case (.table, .parked): if !isParked(frame) { note(.leak, at: frame) }
    default: note(.leak, at: frame)
    }
  }

  /// Whether the worker will come upon a parked table.
  private func isParked(_ frame: Int) -> Bool {
    var next = FrameName.index(in: cells[layout.word(always: .parked)])
    for _ in 0..<layout.frames where next >= 0 && next < layout.frames {
      if next == frame { return true }
      next = FrameName.index(in: cells[layout.field(.link, of: next)])
    }
    return false
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
