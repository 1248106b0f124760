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
    FrameNumber(listHead: try load(.link, of: frame))
  }

  /// Puts `next` after `frame` on a list that the caller owns.
  ///
  /// Private.
  @inlinable
  func setLink(
    _ next: FrameNumber, of frame: FrameNumber
  ) throws(Interruption) {
    try store(next.listHead, to: .link, of: frame)
  }

  /// Moves a table that the caller owns on to its next state, and accounts
  /// for it.
  @inlinable
  @inline(__always)
  func move(
    _ frame: FrameNumber, from old: TableState, to new: TableState
  ) throws(Interruption) {
    let word = try typeWord(of: frame)
    guard word.isTable(in: old) else {
      try fault(.wrongState, at: frame)
    }
    try setTypeWord(word.moved(from: old, to: new), of: frame)
    try account(1, from: old, to: new)
  }

  /// Adds a frame to the end of a chain.
  ///
  /// Private.
  @inlinable
  func append(
    _ frame: FrameNumber, to first: inout FrameNumber,
    after last: inout FrameNumber
  ) throws(Interruption) {
    try setLink(.none, of: frame)
    if first == .none {
      first = frame
    } else {
      try setLink(frame, of: last)
    }
    last = frame
  }
}
