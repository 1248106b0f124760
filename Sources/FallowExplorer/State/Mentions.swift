// SPDX-License-Identifier: Apache-2.0

/// The frames that a log names.
///
/// From bit 0 on they stand in the order of first naming, four bits each; from
/// bit 32 on as a set; and from bit 40 on as a set of those that the actor
/// knows: a frame that it gave back it does not, until it is named anew.
///
/// Of a program that was asked where it stands they are the frames that it
/// holds, in the order in which they stand there, and from bit 48 on the stacks
/// of others that it has a pointer to.
struct Mentions: BitwiseCopyable {
  var rawValue: UInt64

  init(rawValue: UInt64 = 0) { self.rawValue = rawValue }

  /// The frames as a set.
  @inline(__always)
  var frames: UInt64 { rawValue &>> 32 & 0xff }

  /// The frames that the actor can use without being answered their number
  /// once more.
  @inline(__always)
  var known: UInt64 { rawValue &>> 40 & 0xff }

  /// How many frames there are.
  @inline(__always)
  var count: Int { frames.nonzeroBitCount }

  @inline(__always)
  subscript(index: Int) -> Int {
    Int(truncatingIfNeeded: rawValue &>> UInt64(4 &* index) & 0xf)
  }

  /// Whether they are of where a program stands.
  @inline(__always)
  var stands: Bool { rawValue >> 63 != 0 }

  /// The actors whose stacks it can come to, a bit each.
  var stacks: UInt64 { rawValue >> 48 & 0xff }

  @inline(__always)
  mutating func addStack(_ actor: Int) {
    rawValue |= 1 << UInt64(48 + actor)
  }

  /// The place of a frame in the order, the next one if it is new.
  @inline(__always)
  mutating func number(of frame: Int) -> Int {
    name(frame)
    var number = 0
    while self[number] != frame { number &+= 1 }
    return number
  }

  /// What a program knows that holds these frames, and knew `others`.
  func held(knowing others: Mentions) -> Mentions {
    var held = self
    held.rawValue |= (others.known & frames) << 40 | 1 << 63
    return held
  }

  /// The same by other names of frames.
  func renamed(by renaming: Renaming, frames: Int) -> Mentions {
    var renamed = Mentions(rawValue: rawValue & (0x80ff << 48))
    for index in 0..<count {
      let frame = self[index]
      let name = frame < frames ? renaming.name(of: frame) : frame
      renamed.name(name)
      if known >> UInt64(frame) & 1 != 0 {
        renamed.rawValue |= 1 << UInt64(name + 40)
      }
    }
    return renamed
  }

  @inline(__always)
  private mutating func name(_ frame: Int) {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: frame &+ 32)
    if rawValue & bit != 0 { return }
    let place = UInt64(truncatingIfNeeded: 4 &* count)
    rawValue |= bit | UInt64(truncatingIfNeeded: frame) &<< place
  }

  /// Adds the frames that an access names.
  ///
  /// - Returns: The access with the place of each frame in the order for its
  ///   number.
  @inline(__always)
  @discardableResult
  mutating func add(_ logged: LoggedAccess, frames: Int) -> LoggedAccess {
    var placed = logged
    if logged.isOne(of: Access.ofFrames), logged.target < frames {
      placed.target = number(of: logged.target)
      if logged.isOne(of: Access.free.bit) {
        rawValue &= ~(1 &<< UInt64(truncatingIfNeeded: logged.target &+ 40))
      }
    }
    if let named = FrameName.frame(in: logged.result), named < frames {
      placed.result = FrameName.replacing(
        in: logged.result, with: number(of: named))
      rawValue |= 1 &<< UInt64(truncatingIfNeeded: named &+ 40)
    }
    return placed
  }
}
