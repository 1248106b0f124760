// SPDX-License-Identifier: Apache-2.0

/// What names a canonical state has, and which others would do.
struct Symmetry: BitwiseCopyable {
  /// Four bits say how many frames something names; one each the rest.
  private(set) var rawValue: UInt8 = 0

  /// Of a state that is not renamed.
  init() {}

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(named: Int, isTied: Bool, isSelfAlike: Bool) {
    rawValue =
      UInt8(truncatingIfNeeded: named) | (isTied ? 1 << 4 : 0)
      | (isSelfAlike ? 1 << 5 : 0)
  }

  /// How many frames are named by something: the others are free and alike.
  var named: Int { Int(rawValue & 0xf) }

  /// Whether the names of the slots go by all that the state holds.
  var isTied: Bool { rawValue & 1 << 4 != 0 }

  /// Whether it is the same state with its slots' names exchanged.
  var isSelfAlike: Bool { rawValue & 1 << 5 != 0 }

  /// How many states it stands for, on a machine of so many frames.
  func renamings(frames: Int, swapsSlots: Bool) -> Int {
    var ways = swapsSlots && !isSelfAlike ? 2 : 1
    for number in (frames - named + 1)..<max(frames, frames - named + 1) {
      ways *= number
    }
    return ways
  }
}
