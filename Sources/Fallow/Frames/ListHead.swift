/// A list of frames whose head is a word of the kernel, zero when empty.
extension FrameNumber {
  /// The frame that a list head names.
  @inlinable
  init(listHead word: UInt64) {
    self.init(word &- 1)
  }

  /// The word of a list that begins with this frame.
  @inlinable
  var listHead: UInt64 { rawValue &+ 1 }
}
