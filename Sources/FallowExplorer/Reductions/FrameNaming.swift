// SPDX-License-Identifier: Apache-2.0

/// The names of a state's frames: numbers, in the order in which the frames are
/// come upon.
struct FrameNaming: FrameVisitor {
  private let frames: Int
  /// For each frame its name, a byte each.
  private var names: UInt64 = 0
  /// For each name its frame, a byte each.
  private var order: UInt64 = 0
  /// The frames that have a name, a bit each.
  private var known: UInt64 = 0
  /// How many frames were followed.
  private var followed = 0
  /// How many frames have a name.
  private(set) var count = 0

  /// The root is frame 0, and keeps its name.
  @inline(__always)
  init(frames: Int) {
    self.frames = frames
    visit(0)
  }

  /// Whether every frame has a name.
  @inline(__always)
  var isDone: Bool { count == frames }

  /// Whether some of a set of frames have no name.
  @inline(__always)
  func lacks(_ frames: UInt64) -> Bool { frames & ~known != 0 }

  /// Names a frame, if there is one of that number and it has no name.
  @inline(__always)
  mutating func visit(_ frame: Int) {
    guard frame < frames else { return }
    let number = UInt64(truncatingIfNeeded: frame)
    guard known &>> number & 1 == 0 else { return }
    let name = UInt64(truncatingIfNeeded: count)
    known |= 1 &<< number
    names |= name &<< (8 &* number)
    order |= number &<< (8 &* name)
    count &+= 1
  }

  /// The next named frame whose words were not looked at; nil if there is none.
  @inline(__always)
  mutating func next() -> Int? {
    guard followed < count else { return nil }
    let shift = 8 &* UInt64(truncatingIfNeeded: followed)
    followed &+= 1
    return Int(truncatingIfNeeded: order &>> shift & 0xff)
  }

  /// The names, when those that nothing names come last.
  func renaming(swapsSlots: Bool) -> Renaming {
    var all = self
    for frame in 0..<frames where !isDone { all.visit(frame) }
    return Renaming(names: all.names, swapsSlots: swapsSlots)
  }
}
