// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The contents of the frames that tables are made from, by word.
///
/// A frame takes up memory from the first time that something other than zero
/// is written to it. What lies beyond reads as zero and forgets what is
/// written.
struct PhysicalMemory: BitwiseCopyable {
  /// The words of a frame.
  static var wordsPerFrame: Int { 512 }

  private let frames: FixedBuffer<FixedBuffer<UInt64>>
  private let nothing: FixedBuffer<UInt64>

  /// Memory of `frames` frames from frame 0 on, all zero.
  init(frames count: Int) {
    nothing = FixedBuffer(repeating: 0, count: 0)
    frames = FixedBuffer(repeating: nothing, count: count)
  }

  /// Whether the frame's contents are kept.
  @inline(__always)
  func contains(_ frame: FrameNumber) -> Bool {
    frame.rawValue < UInt64(frames.count)
  }

  /// A word of a frame.
  @inline(__always)
  func load(_ word: Int, of frame: FrameNumber) -> UInt64 {
    guard contains(frame) else { return 0 }
    let words = frames[Int(truncatingIfNeeded: frame.rawValue)]
    return words.count == 0 ? 0 : words[word]
  }

  /// Writes a word of a frame.
  func store(_ value: UInt64, to word: Int, of frame: FrameNumber) {
    guard contains(frame) else { return }
    let index = Int(truncatingIfNeeded: frame.rawValue)
    if frames[index].count == 0 {
      if value == 0 { return }
      frames[index] = FixedBuffer(repeating: 0, count: Self.wordsPerFrame)
    }
    frames[index][word] = value
  }

  /// Gives the memory back.
  func deallocate() {
    for index in 0..<frames.count where frames[index].count > 0 {
      frames[index].deallocate()
    }
    frames.deallocate()
    nothing.deallocate()
  }
}

extension PhysicalAddress {
  /// Which word of its frame it is the address of.
  @inline(__always)
  var word: Int {
    Int(truncatingIfNeeded: rawValue & (FrameNumber.size &- 1)) &>> 3
  }
}
