// SPDX-License-Identifier: Apache-2.0

/// The descriptor of a frame, field by field, over any platform.
extension Platform {
  /// What the frame is; the caller owns it.
  ///
  /// Private.
  @inlinable
  @inline(__always)
  func typeWord(of frame: FrameNumber) throws(Interruption) -> TypeWord {
    TypeWord(
      rawValue: UInt32(truncatingIfNeeded: try load(.typeWord, of: frame)))
  }

  /// Says what the frame is; the caller owns it.
  ///
  /// Private.
  @inlinable
  @inline(__always)
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
  @inline(__always)
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

  /// Moves a table that is known to be in the state `old` on to `new`.
  ///
  /// Private; to be accounted for. The word is not taken apart, so that it takes
  /// one instruction.
  @inlinable
  @inline(__always)
  func changeState(
    of frame: FrameNumber, from old: TableState, to new: TableState
  ) throws(Interruption) {
    let change = TypeWord(rawValue: 0).moved(from: old, to: new)
    try store(
      try load(.typeWord, of: frame) ^ UInt64(change.rawValue), to: .typeWord,
      of: frame)
  }

  /// Faults unless a frame is a table in `state`, with the kernel mark or
  /// without it.
  @inlinable
  @inline(__always)
  func check(
    _ frame: FrameNumber, isKernel: Bool, in state: TableState
  ) throws(Interruption) {
    let word = try typeWord(of: frame)
    guard word.isTable(isKernel: isKernel, in: state) else {
      try fault(
        word[.kernelMark] == isKernel ? .wrongState : .wrongMark, at: frame)
    }
  }

  /// Moves a table that the caller owns, with the kernel mark or without it, on
  /// to its next state, and accounts for it.
  @inlinable
  @inline(__always)
  func move(
    _ frame: FrameNumber, isKernel: Bool, from old: TableState,
    to new: TableState
  ) throws(Interruption) {
    try check(frame, isKernel: isKernel, in: old)
    try changeState(of: frame, from: old, to: new)
    try account(1, from: old, to: new)
  }

  /// Adds a frame to the end of a chain.
  ///
  /// Private.
  @inlinable
  @inline(__always)
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
