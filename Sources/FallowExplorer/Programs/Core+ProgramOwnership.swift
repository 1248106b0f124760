// SPDX-License-Identifier: Apache-2.0

/// What only one actor can come to of a program's memory.
extension Core {
  /// Frames, a bit each, and from here on the stacks of actors.
  private static let firstStack: UInt64 = 8

  /// Whether other actors could notice an access to a word.
  @inline(__always)
  mutating func isShared(_ place: MemoryPlace) -> Bool {
    if !reductions.contains(.ownedFrames) { return true }
    if place.frame >= 0 { return !isOwned(place.frame) }
    let stacks = layout.memory.stacks
    guard place.word >= stacks, layout.memory.wordsPerStack > 0 else {
      return true
    }
    let owner = (place.word - stacks) / layout.memory.wordsPerStack
    if owner != actor {
      noteUnnamedStack(of: owner)
      return true
    }
    if believesOwnership { return false }
    let reached = closureOfProgram(seeds: mentionsOfOthers)
    return reached >> (Self.firstStack + UInt64(owner)) & 1 != 0
  }

  /// Takes notice of an actor that uses a stack without a pointer to it that
  /// it was answered or holds.
  private mutating func noteUnnamedStack(of owner: Int) {
    let mentions = Mentions(rawValue: cells[layout.mentions + actor])
    guard mentions.stands, mentions.stacks >> UInt64(owner) & 1 == 0 else {
      return
    }
    let isNew = (newSince..<max(newSince, logCount)).contains {
      ProgramPointer.stack(in: logged($0).result) == owner
    }
    if !isNew { meet(.unnamedFrame) }
  }

  private var mentionsOfOthers: UInt64 {
    (0..<layout.actors).reduce(1) {
      $1 == actor
        ? $0 : $0 | Mentions(rawValue: cells[layout.mentions + $1]).known
    }
  }

  /// What others can come to from `seeds`, from shared memory, and from what
  /// they were answered: frames and stacks.
  func closureOfProgram(seeds: UInt64) -> UInt64 {
    var found = seeds & (1 << UInt64(layout.frames) - 1)
    let memory = layout.memory
    add(layout.words..<(layout.program + memory.stacks), to: &found)
    add((layout.program + memory.words)..<layout.queues, to: &found)
    if layout.bufferWords > 0 {
      add(layout.buffers..<layout.headers, to: &found)
    }
    for other in 0..<layout.actors where other != actor {
      found |= 1 << (Self.firstStack + UInt64(other))
      let mentions = Mentions(rawValue: cells[layout.mentions + other])
      if mentions.stands {
        found |= mentions.stacks << Self.firstStack
        continue
      }
      let log = layout.log(of: other)
      let end = log + layout.logWords(of: other, in: cells)
      for index in stride(from: log, to: end, by: Layout.loggedWords) {
        add(word: cells[index + 1], to: &found)
      }
    }
    var done: UInt64 = 0
    while found != done {
      let next = (found & ~done).trailingZeroBitCount
      done |= 1 << UInt64(next)
      if next < Self.firstStack {
        follow(frame: next, to: &found)
      } else {
        let first =
          layout.program + memory.stacks
          + (next - Int(Self.firstStack)) * memory.wordsPerStack
        add(first..<(first + memory.wordsPerStack), to: &found)
      }
    }
    return found
  }

  private func follow(frame: Int, to found: inout UInt64) {
    let entry = layout.entry(frame, 0)
    add(entry..<(entry + layout.entriesPerTable), to: &found)
    let field = layout.fields + frame * 4
    add(field..<(field + 4), to: &found)
    let own = layout.programFields + frame * layout.programFieldCount
    add(own..<(own + layout.programFieldCount), to: &found)
  }

  @inline(__always)
  private func add(_ range: Range<Int>, to found: inout UInt64) {
    for index in range { add(word: cells[index], to: &found) }
  }

  @inline(__always)
  private func add(word: UInt64, to found: inout UInt64) {
    if word >> 12 == 0 { return }
    if let frame = FrameName.frame(in: word) {
      if frame < layout.frames { found |= 1 << UInt64(frame) }
    } else if let stack = ProgramPointer.stack(in: word),
      stack < layout.actors
    {
      found |= 1 << (Self.firstStack + UInt64(stack))
    }
  }
}

/// How a pointer of a program looks in a word: its region and its place there,
/// so that it does not depend on where the program was loaded.
///
/// Pointers into frames and their descriptors have the pattern of
/// ``FrameName`` in their place, so frames can be renamed.
package enum ProgramPointer {
  /// Bits 48 to 63 of a pointer; no address and few numbers have them.
  package static let mark: UInt64 = 0xf5a0
  /// The region of stacks; an actor's begins at its number times this.
  package static let stackRegion: UInt64 = 3
  package static let stackShift: UInt64 = 20
  /// A pointer to the first entry of the root.
  static let root: UInt64 =
    mark << 48 | 1 << 40 | FrameName.number(0) << 12

  /// The actor into whose stack a word points; nil if it does not.
  @inline(__always)
  static func stack(in word: UInt64) -> Int? {
    guard word >> 40 == mark << 8 | stackRegion else { return nil }
    return Int(word >> stackShift & 0xff)
  }
}
