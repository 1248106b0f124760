// SPDX-License-Identifier: Apache-2.0

/// The frames that a log names.
///
/// From bit 0 on they stand in the order of first naming, four bits each; from
/// bit 32 on as a set; and from bit 40 on as a set of those that the actor
/// knows: a frame that it gave back it does not, until it is named anew.
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

  @inline(__always)
  private mutating func name(_ frame: Int) {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: frame &+ 32)
    if rawValue & bit != 0 { return }
    let place = UInt64(truncatingIfNeeded: 4 &* count)
    rawValue |= bit | UInt64(truncatingIfNeeded: frame) &<< place
  }

  /// The frames that an access names.
  @inline(__always)
  mutating func add(_ logged: LoggedAccess, frames: Int) {
    let access = logged.access
    if access.targetsFrame, logged.target < frames {
      name(logged.target)
      if access == .free {
        rawValue &= ~(1 &<< UInt64(truncatingIfNeeded: logged.target &+ 40))
      }
    }
    let named = FrameName.index(in: logged.result)
    if named >= 0, named < frames {
      name(named)
      rawValue |= 1 &<< UInt64(truncatingIfNeeded: named &+ 40)
    }
  }
}
