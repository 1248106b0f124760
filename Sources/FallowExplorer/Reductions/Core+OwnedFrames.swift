// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Frames that only one actor can reach: what it does to them, nobody else
/// notices.
///
/// Whether a frame is one is derived from the state at each access. Others
/// reach what the root's entries, the kernel's words, stores that wait, and the
/// logs of other actors lead to, through entries and descriptors alike; walkers
/// reach what they hold, and read its entries and what it is. From a state in
/// which none of these leads to a frame, no step of another actor leads to one
/// in which it does, unless code makes a frame's number up: ``noteUnnamed(_:)``
/// notices that.
extension Core {
  /// Whether the actor is the only one that can use a frame; walkers may hold
  /// it.
  func isOwned(_ frame: Int) -> Bool {
    isOwned(frame, over: usableByOthers)
  }

  /// Whether neither another actor nor a walker can reach a frame.
  func isHidden(_ frame: Int) -> Bool {
    isOwned(frame, over: usableByOthers | heldByWalkers)
  }

  private func isOwned(_ frame: Int, over seeds: UInt64) -> Bool {
    guard frame > 0, frame < layout.frames else { return false }
    // Guard: ownership-is-derived
    if believesOwnership { return true }
    if layout.memory.words > 0 {
      return closureOfProgram(seeds: seeds) >> UInt64(frame) & 1 == 0
    }
    guard seeds >> UInt64(frame) & 1 == 0 else { return false }
    return closure(of: seeds) >> UInt64(frame) & 1 == 0
  }

  /// Where other actors begin, a bit for each frame.
  private var usableByOthers: UInt64 {
    var found: UInt64 = 1
    for other in 0..<layout.actors where other != actor {
      found |= Mentions(rawValue: cells[layout.mentions &+ other]).known
    }
    add(wordsFrom: layout.words, to: layout.queues, &found)
    if layout.bufferWords > 0 { addStores(to: &found) }
    return found
  }

  /// What walkers hold, a bit for each frame.
  var heldByWalkers: UInt64 {
    var found: UInt64 = 0
    var index = layout.sets
    while index < layout.structures {
      found |= Self.framesHeld(cells[index])
      index &+= 1
    }
    return found
  }

  /// The frames that entries and descriptors of some lead to, and they
  /// themselves.
  func closure(of frames: UInt64) -> UInt64 {
    var found = frames & ((1 &<< UInt64(layout.frames)) &- 1)
    var left = found
    while left != 0 {
      let frame = left.trailingZeroBitCount
      let before = found
      let first = layout.entry(frame, 0)
      add(wordsFrom: first, to: first &+ layout.entriesPerTable, &found)
      let field = layout.fields &+ frame &* 4
      add(wordsFrom: field, to: field &+ 4, &found)
      left = (left & (left &- 1)) | (found & ~before)
    }
    return found
  }

  /// The frames that nothing but the kernel's own words and tables lead to,
  /// when nobody is at work.
  var reachableAtRest: UInt64 {
    var found: UInt64 = 1
    add(wordsFrom: layout.words, to: layout.queues, &found)
    return layout.memory.words > 0
      ? closureOfProgram(seeds: found) : closure(of: found)
  }

  @inline(__always)
  private func add(
    wordsFrom first: Int, to end: Int, _ found: inout UInt64
  ) {
    var index = first
    while index < end {
      if let frame = FrameName.frame(in: cells[index]), frame < layout.frames {
        found |= 1 &<< UInt64(truncatingIfNeeded: frame)
      }
      index &+= 1
    }
  }

  /// The frames that stores which wait name, or go to.
  private func addStores(to found: inout UInt64) {
    add(wordsFrom: layout.buffers, to: layout.headers, &found)
    for index in stride(
      from: layout.buffers, to: layout.headers, by: Layout.bufferedWords)
    {
      let store = BufferedStore(in: cells, at: index)
      if store.targetsFrame { found |= 1 << UInt64(store.target) }
    }
  }

  /// The frames in eight bytes of a walker's set.
  private static func framesHeld(_ word: UInt64) -> UInt64 {
    var all = word | word >> 32
    all |= all >> 16
    return (all | all >> 8) & 0xff
  }

  /// Takes notice of an actor that uses a frame whose number none of its
  /// answers holds, or which it gave back since.
  mutating func noteUnnamed(_ frame: Int) {
    guard frame > 0, frame < layout.frames, !runsThrough else { return }
    // Guard: released-frames-are-unknown
    if known >> UInt64(frame) & 1 == 0 {
      meet(.unnamedFrame)
    }
  }

  /// The actor has given a frame back, or was answered by a word that may hold
  /// the number of one.
  @inline(__always)
  mutating func noteAnswer(_ kind: Access, _ target: Int, _ result: UInt64) {
    if kind == .free {
      known &= ~(1 &<< UInt64(truncatingIfNeeded: target))
    }
    guard let frame = FrameName.frame(in: result), frame < layout.frames else {
      return
    }
    known |= 1 &<< UInt64(truncatingIfNeeded: frame)
    noteFound(frame)
  }

  /// The same for the accesses of the log that is left after a part of it was
  /// forgotten: of a log that was cut nothing of what it was is known any more.
  mutating func noteForgotten() {
    let before = Mentions(rawValue: cells[layout.mentions &+ actor])
    let first = before.stands ? newSince : 0
    var mentions = first == 0 ? Mentions() : before
    for index in first..<max(first, logCount) {
      mentions.add(logged(index), frames: layout.frames)
    }
    known = mentions.known
  }

  /// Takes notice of what prevents a reduction.
  mutating func meet(_ obstacle: Obstacle) {
    obstacles |= obstacle.bit & ~overlooked
  }
}
