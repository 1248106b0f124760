// SPDX-License-Identifier: Apache-2.0

/// Takes note of the frames of a state, in the order in which they are come
/// upon.
protocol FrameVisitor: BitwiseCopyable {
  /// Whether no other frame matters.
  var isDone: Bool { get }

  /// Whether some of a set of frames were not visited.
  func lacks(_ frames: UInt64) -> Bool

  /// Takes note of a frame, if there is one of that number.
  mutating func visit(_ frame: Int)

  /// The next visited frame whose words were not looked at; nil if there is
  /// none.
  mutating func next() -> Int?
}

extension FrameVisitor {
  /// Takes note of the frame that a word holds.
  @inline(__always)
  mutating func visit(in word: UInt64) {
    if let frame = FrameName.frame(in: word) { visit(frame) }
  }

  /// Takes note of the frames that words of a state hold.
  @inline(__always)
  mutating func visit(_ state: Cells, from first: Int, to end: Int) {
    var index = first
    while index < end {
      visit(in: state[index])
      index &+= 1
    }
  }
}
