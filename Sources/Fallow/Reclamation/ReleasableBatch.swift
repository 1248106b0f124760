// SPDX-License-Identifier: Apache-2.0

/// Tables that no walker can reach any more.
@frozen
public struct ReleasableBatch<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber

  @inlinable
  init(_ platform: P, head: FrameNumber) {
    self.platform = platform
    self.head = head
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(.releasableBatch, holding: head) }
  }

  /// Gives the tables back, and says how many they were.
  ///
  /// Those that lie side by side go back together, so that an allocator need
  /// not merge them one by one. Those in reserved memory end retained.
  ///
  /// The mail: `__free_pages(page, compound_order(page))`.
  ///
  /// - Returns: The number of tables that were released.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(tables)
  @inlinable
  @inline(__always)
  @discardableResult
  public consuming func release() throws(P.Interruption) -> Int {
    let platform = platform
    var frame = head
    head = .none
    // The run that waits to go back: after `before` and up to `end`. Frames
    // mostly come from the highest down.
    var before: UInt64 = 0
    var end: UInt64 = 1
    var plain = 0
    var others = 0
    while frame != .none {
      // Read before the frame is someone else's.
      let next = try platform.link(of: frame)
      let word = try platform.typeWord(of: frame)
      if word.isPlainTable(in: .quarantined) {
        try platform.changeState(
          of: frame, from: .quarantined, to: .released)
        if frame.rawValue == before {
          before &-= 1
        } else if frame.rawValue == end {
          end &+= 1
        } else {
          if end != before &+ 1 {
            plain &+= try platform.free(from: before &+ 1, to: end)
          }
          before = frame.rawValue &- 1
          end = frame.rawValue &+ 1
        }
      } else {
        try platform.release(frame)
        others &+= 1
      }
      frame = next
    }
    if end != before &+ 1 {
      plain &+= try platform.free(from: before &+ 1, to: end)
      // Once for all: each count is an atomic change of a word.
      try platform.account(Int64(plain), from: .quarantined, to: .released)
    }
    return plain &+ others
  }
}

extension Platform {
  /// Gives back released tables that lie side by side, and says how many they
  /// are.
  @inlinable
  @inline(__always)
  func free(
    from start: UInt64, to end: UInt64
  ) throws(Interruption) -> Int {
    let count = Int(truncatingIfNeeded: end &- start)
    try free(FrameNumber(start), count: count)
    return count
  }

  /// Gives back a table of more than one frame, or retains one of reserved
  /// memory.
  @inlinable
  @inline(never)
  func release(_ table: FrameNumber) throws(Interruption) {
    let word = try typeWord(of: table)
    if word[.reservedMemory] {
      try move(table, from: .quarantined, to: .retained)
    } else {
      try move(table, from: .quarantined, to: .released)
      try free(table, order: word.order)
    }
  }
}
