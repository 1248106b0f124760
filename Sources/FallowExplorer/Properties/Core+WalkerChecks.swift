// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What walkers must not hold, after every step.
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
    // What is cached under an ASID that no CPU walks under is not used.
    if layout.isCPU(walker), !isWalking(cpuWalker: walker) { return }
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
    if rules.forbidsMixedSizes { checkSizes(walker) }
  }

  @inline(__always)
  private mutating func check(
    frame: Int, inByte byte: Int, of walker: Int, isOld: Bool
  ) {
    let isLeaf = byte >= layout.tablePlaces
    let place =
      isLeaf
      ? layout.parent(of: byte &- layout.tablePlaces &+ 1) : byte &+ 1
    let isCPU = layout.isCPU(walker)
    if frame == 0 && place == 0 || isCPU && isLeaf { return }
    if isFree(frame) {
      let oracle: Oracle =
        if isCPU {
          .heldByCPU
        } else if writesFlags(in: place, isLeaf: isLeaf) {
          .writeAfterFree
        } else {
          isLeaf ? .staleTranslation : .heldAtRelease
        }
      return note(oracle, at: frame)
    }
    let word = typeWord(of: frame)
    guard Self.isWalkable(UInt64(word.rawValue)), isLinked(frame, at: place)
    else { return note(.staleWalk, at: frame) }
    if !isCPU {
      happened |= CoverageGoal.walked.bit
      let goal: CoverageGoal = isOld ? .walkedAcross : .heldInQuarantine
      if happened & goal.bit == 0,
        word.state == .quarantined || !isReachable(frame)
      {
        happened |= goal.bit
      }
      for index in 0..<layout.entriesPerTable {
        let cell = layout.entry(frame, index)
        if cells[cell] == TinyEntry.leftover
          || cells[layout.inMemory(ofEntryAt: cell)] == TinyEntry.leftover
        {
          note(.leftoverEntry, at: frame)
        }
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
}
