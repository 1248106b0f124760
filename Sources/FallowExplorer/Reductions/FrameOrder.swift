// SPDX-License-Identifier: Apache-2.0

/// Whether the frames of a state are come upon in the order of their numbers,
/// so that each has its name already.
///
/// It says no more than ``FrameNaming`` and takes half of the time.
struct FrameOrder: FrameVisitor {
  private let frames: Int
  /// How many frames were visited: as long as the order is kept, those with the
  /// lowest numbers.
  private(set) var count = 1
  /// How many frames were followed.
  private var followed = 0
  /// Whether each frame had the next number when it was come upon.
  private(set) var isKept = true

  /// The root is frame 0, and the first.
  @inline(__always)
  init(frames: Int) { self.frames = frames }

  /// Whether every frame was visited, or one too early.
  @inline(__always)
  var isDone: Bool { count == frames || !isKept }

  /// Whether some of a set of frames were not visited.
  @inline(__always)
  func lacks(_ frames: UInt64) -> Bool {
    frames &>> UInt64(truncatingIfNeeded: count) != 0
  }

  /// Visits a frame, if there is one of that number.
  @inline(__always)
  mutating func visit(_ frame: Int) {
    if frame < count { return }
    if frame == count, frame < frames {
      count &+= 1
    } else if frame < frames {
      isKept = false
    }
  }

  /// The next visited frame whose words were not looked at; nil if there is
  /// none.
  @inline(__always)
  mutating func next() -> Int? {
    guard followed < count else { return nil }
    followed &+= 1
    return followed &- 1
  }
}
