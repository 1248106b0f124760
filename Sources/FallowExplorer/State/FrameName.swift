// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// How the number of a frame looks in a word, so that a word that holds a
/// frame is known from one that does not.
///
/// Code keeps frames in words as it likes: by number, by number plus one, by
/// address, with bits of its own above or below. A frame's number has a
/// pattern of 15 bits that counters and flags do not have, and that stands at
/// another place in a number than in an address. What is not recognized
/// is not renamed; ``Obstacle/framesDiffer`` says how that is noticed.
enum FrameName {
  /// Bits 12 to 26 of a number, and 24 to 38 of an address.
  private static let pattern: UInt64 = 0x5a3d
  private static let patternMask: UInt64 = 0x7fff
  /// Four bits below the index are for code's own: no two frames are
  /// neighbours, so that code which treats neighbours together treats all
  /// frames alike.
  private static let indexShift: UInt64 = 4
  private static let patternShift: UInt64 = 12

  /// The number of a frame.
  @inline(__always)
  static func number(_ index: Int) -> UInt64 {
    pattern &<< patternShift
      | UInt64(truncatingIfNeeded: index) &<< indexShift
  }

  /// The frame with exactly that number; negative if there is none.
  @inline(__always)
  static func index(ofNumber number: UInt64) -> Int {
    let distance = number &- (pattern &<< patternShift)
    return distance & 0xf == 0 && distance < 0x1000
      ? Int(truncatingIfNeeded: distance &>> indexShift) : -1
  }

  /// How far to the left the frame's number stands in a word; nil if the word
  /// holds no frame.
  @inline(__always)
  private static func shift(in word: UInt64) -> UInt64? {
    if word &>> patternShift == 0 { return nil }
    let asAddress = word &>> (patternShift &+ UInt64(FrameNumber.shift))
    if asAddress & patternMask == pattern { return UInt64(FrameNumber.shift) }
    return word &>> patternShift & patternMask == pattern ? 0 : nil
  }

  /// The frame that a word holds; nil if it holds none.
  @inline(__always)
  static func frame(in word: UInt64) -> Int? {
    guard let shift = shift(in: word) else { return nil }
    return Int(truncatingIfNeeded: word &>> (shift &+ indexShift) & 0xff)
  }

  /// The word with another frame, and all else as it was.
  @inline(__always)
  static func replacing(in word: UInt64, with index: Int) -> UInt64 {
    guard let shift = shift(in: word) else { return word }
    let place = shift &+ indexShift
    return word & ~(0xff &<< place)
      | UInt64(truncatingIfNeeded: index) &<< place
  }
}
