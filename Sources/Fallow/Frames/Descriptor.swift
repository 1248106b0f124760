/// The descriptor of a frame, field by field, over any platform.
extension Platform {
  /// What the frame is; the caller owns it.
  ///
  /// Private.
  @inlinable
  func typeWord(of frame: FrameNumber) throws(Interruption) -> TypeWord {
    TypeWord(
      rawValue: UInt32(truncatingIfNeeded: try load(.typeWord, of: frame)))
  }

  /// Says what the frame is; the caller owns it.
  ///
  /// Private.
  @inlinable
  func setTypeWord(
    _ word: TypeWord, of frame: FrameNumber
  ) throws(Interruption) {
    try store(UInt64(word.rawValue), to: .typeWord, of: frame)
  }

  /// The frame after `frame` on its list.
  ///
  /// Private.
  @inlinable
  func link(of frame: FrameNumber) throws(Interruption) -> FrameNumber {
    FrameNumber(try load(.link, of: frame))
  }

  /// Puts `next` after `frame` on a list that the caller owns.
  ///
  /// Private.
  @inlinable
  func setLink(
    _ next: FrameNumber, of frame: FrameNumber
  ) throws(Interruption) {
    try store(next.rawValue, to: .link, of: frame)
  }

  /// Moves a table that the caller owns on to its next state, and accounts
  /// for it.
  @inlinable
  @inline(__always)
  func move(
    _ frame: FrameNumber, from old: TableState, to new: TableState
  ) throws(Interruption) {
    var word = try typeWord(of: frame)
    guard word.isTable(in: old) else {
      try fault(.wrongState, at: frame)
    }
    word.state = new
    try setTypeWord(word, of: frame)
    try count(-1, at: .account(old))
    try count(1, at: .account(new))
  }
}
