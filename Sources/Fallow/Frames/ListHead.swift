// SPDX-License-Identifier: Apache-2.0

/// A list of frames: a word that leads to its first frame, and in each frame's
/// descriptor a `link` that leads to the next.
///
/// Such a word is zero where the list ends, so that zeroed memory is an empty
/// list; a frame that is pushed takes over the word that led to the others.
extension FrameNumber {
  /// The frame that a list's word leads to.
  @inlinable
  init(listHead word: UInt64) {
    self.init(word &- 1)
  }

  /// The word that leads to this frame.
  @inlinable
  var listHead: UInt64 { rawValue &+ 1 }
}
