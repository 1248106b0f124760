// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Which locks guard the words of a program's memory: found by a search, not
/// declared.
///
/// A search assumes sets of locks, at first all of them, and keeps for each
/// word those that were held at every access that others could notice. If these
/// are fewer than assumed, it searches again with them. When none is fewer, an
/// access under a lock of its word's set can be moved past all that others do
/// (Savage et al., Eraser, 1997; Lipton, Reduction, 1975).
@safe
final class GuardedWords: @unchecked Sendable {
  /// The bit of a word that is never written.
  static let neverWritten: UInt64 = 1 << 63
  private static let most = 63

  private let memory: MemoryBounds
  /// A set of locks for each word of memory; then for each of these, and for
  /// each word of a descriptor, the locks in it that are nothing else.
  private let count: Int
  private let assumed: Cells
  private let merged: Cells
  /// The cell and the part of each lock; its place is its bit.
  private let locks = Mutex<[Int]>([])

  /// All that could be; `distrustsLocks` if each lock is taken to be looked at
  /// in other ways, so that a search does not depend on what others met.
  init(_ memory: MemoryBounds, distrustsLocks: Bool = false) {
    self.memory = memory
    count = 2 * memory.words + memory.wordsPerDescriptor
    assumed = .allocate(count)
    merged = .allocate(count)
    for index in 0..<count {
      let isOfLocks = index >= memory.words
      assumed[index] = distrustsLocks && isOfLocks ? 0 : .max
      merged[index] = assumed[index]
    }
  }

  deinit {
    assumed.free()
    merged.free()
  }

  /// Room for what one thread meets in a search.
  func makeObserved() -> Cells {
    let observed = Cells.allocate(count)
    for index in 0..<count { observed[index] = .max }
    return observed
  }

  @inline(__always)
  func assumed(_ index: Int) -> UInt64 { assumed[index] }

  /// Where it is kept which locks in a word are nothing else.
  @inline(__always)
  func locks(in place: MemoryPlace) -> Int {
    (place.frame < 0 ? memory.words : 2 * memory.words) + place.word
  }

  /// The locks that were met, with `lock` among them.
  ///
  /// What is met beyond 63 locks guards nothing.
  func adding(_ lock: Int) -> [Int] {
    locks.withLock {
      if !$0.contains(lock), $0.count < Self.most { $0.append(lock) }
      return $0
    }
  }

  /// Adds what a thread met.
  func merge(_ observed: Cells) {
    for index in 0..<count { merged.clearBits(~observed[index], at: index) }
  }

  /// All that it holds, to go on from: how many words there are, what is
  /// assumed and what was met of each, and the locks.
  var words: [UInt64] {
    let all = 0..<count
    return [UInt64(count)] + all.map { assumed[$0] } + all.map { merged[$0] }
      + locks.withLock { $0.map { UInt64($0) } }
  }

  /// Goes on from such words; false if they are of another program.
  func restore(_ words: [UInt64]) -> Bool {
    guard words.first == UInt64(count), words.count > 2 * count,
      words.count <= 2 * count + 1 + Self.most
    else { return false }
    for index in 0..<count {
      assumed[index] = words[1 + index]
      merged[index] = words[1 + count + index]
    }
    locks.withLock {
      $0 = words[(2 * count + 1)...].map { Int(truncatingIfNeeded: $0) }
    }
    return true
  }

  /// Assumes what was met; false if that is what was assumed.
  func narrow() -> Bool {
    var hasChanged = false
    for index in 0..<count where merged[index] != assumed[index] {
      // A word that was not used is guarded by anything.
      if merged[index] == .max { continue }
      hasChanged = hasChanged || assumed[index] != merged[index]
      assumed[index] = merged[index]
    }
    return hasChanged
  }
}

extension Core {
  /// Takes notice of a lock in memory.
  mutating func noteLock(_ place: MemoryPlace, _ part: WordPart) {
    guard let guards, place.frame < 0 else { return }
    let lock = (layout.program + place.word) << 8 | part.code
    if !knownLocks.contains(lock) { knownLocks = guards.adding(lock) }
  }

  /// The locks in memory that the actor holds, a bit each.
  private var heldLocks: UInt64 {
    var held: UInt64 = 0
    for (bit, lock) in knownLocks.enumerated() {
      let part = WordPart(code: lock & 0xff)
      if part.value(in: cells[lock >> 8]) == UInt64(actor + 1) {
        held |= 1 << UInt64(bit)
      }
    }
    return held
  }

  /// How an access to a word that others can come to can be moved: any way, if
  /// a lock that the actor holds was held at every access to it, or if it is
  /// never written.
  ///
  /// Not at all if the word lies in an object or a frame's descriptor: an
  /// access there is also one to whether that was given back, and no lock
  /// guards this.
  mutating func guardedMover(
    _ kind: MemoryAccess, _ place: MemoryPlace
  ) -> Mover? {
    guard let guards, !runsThrough, reductions.contains(.movers) else {
      return nil
    }
    if believesGuards { return .both }
    if canBeFreed(place) { return nil }
    let held = noteGuards(kind, place)
    return guards.assumed(place.word) & held == 0 ? nil : .both
  }

  /// Takes notice of an access to a word that is no object's; returns the locks
  /// under which it is made.
  @inline(__always)
  @discardableResult
  mutating func noteGuards(_ kind: MemoryAccess, _ place: MemoryPlace) -> UInt64
  {
    let held =
      heldLocks | (kind == .load ? GuardedWords.neverWritten : 0)
    observedGuards.clearBits(~held, at: place.word)
    return held
  }

  /// Takes notice of a wait for a word, which also is an access to it.
  mutating func noteWait(for place: MemoryPlace) {
    guard guards != nil, !runsThrough, !canBeFreed(place) else { return }
    noteGuards(.update, place)
  }

  /// Whether a word lies in an object or a frame's descriptor, and may be given
  /// back with it.
  @inline(__always)
  func canBeFreed(_ place: MemoryPlace) -> Bool {
    let memory = layout.memory
    return place.frame >= 0
      || place.word >= memory.heap && place.word < memory.stacks
  }
}
