// SPDX-License-Identifier: Apache-2.0

/// Where a program stands between two turns: a hash of all that it goes on by,
/// its registers and its stack among them.
///
/// What an operation was answered and does not keep decides nothing any more,
/// so two logs that leave it standing alike are one. The hash does not depend
/// on the numbers of frames or on the slot: a frame is known by its place in
/// the order in which they are met, and that order is kept in ``Mentions``.
struct Standing {
  private(set) var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
  private(set) var mentions = Mentions()
  private let frames: Int
  private let actor: Int

  init(actor: Int, frames: Int) {
    self.actor = actor
    self.frames = frames
  }

  /// Adds a word that the program holds.
  @inline(__always)
  mutating func add(_ word: UInt64) {
    if let frame = FrameName.frame(in: word), frame < frames {
      let number = mentions.number(of: frame)
      mix(FrameName.replacing(in: word, with: number))
    } else {
      if let stack = ProgramPointer.stack(in: word), stack != actor {
        mentions.addStack(stack)
      }
      mix(word)
    }
  }

  /// Adds an access that the program has made and not come back from.
  mutating func add(_ logged: LoggedAccess) {
    var logged = logged
    if logged.access.targetsFrame, logged.target < frames {
      logged.target = mentions.number(of: logged.target)
    }
    mix(logged.key)
    add(logged.result)
  }

  @inline(__always)
  private mutating func mix(_ word: UInt64) {
    hash =
      Fingerprint.fold(
        hash ^ 0xa076_1d64_78bd_642f ^ word, 0xe703_7ed1_a0b4_28db) &+ hash
  }
}

extension SteppingMachine {
  /// Whether the search asks where a program stands.
  package var asksStanding: Bool {
    core.reductions.contains(.standing) && !core.runsThrough
      && !core.layout.walkersSetBits
  }

  /// Says where the program stands after a turn that has not ended it.
  ///
  /// - Parameters:
  ///   - words: All that decides how the operation goes on; what it asks at
  ///     the moment comes first.
  ///   - start: How many accesses it had made when it came to what it is at.
  package func stand(
    at words: UnsafeBufferPointer<UInt64>, since start: Int
  ) {
    let swap = core.swapOfOwnSlot
    var standing = Standing(actor: core.actor, frames: core.layout.frames)
    for index in words.indices where !core.believesStanding || index < 8 {
      let word = unsafe words[index]
      standing.add(swap?.word(word) ?? word)
    }
    for index in min(start, core.logCount)..<core.logCount {
      var logged = core.logged(index)
      swap?.exchange(in: &logged)
      standing.add(logged)
    }
    core.standing = standing
  }
}

extension SlotSwap {
  /// A word of a program that works on the second slot as it would be on the
  /// first.
  @inline(__always)
  func word(_ word: UInt64) -> UInt64 {
    let half: UInt64 = 0xffff_8000_0000_0000
    let page = word &- half
    if page >> 12 < 8 {
      return word &- UInt64(layout.entriesPerTable) << 12
    }
    if word & ~0xf == ProgramPointer.root { return word ^ 8 }
    return leaf(word)
  }
}
