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
    var released = 0
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
            released &+= try platform.releaseBefore(
              from: before &+ 1, to: end)
          }
          before = frame.rawValue &- 1
          end = frame.rawValue &+ 1
        }
      } else {
        try platform.release(frame)
        released &+= 1
      }
      frame = next
    }
    if end == before &+ 1 { return released }
    return try platform.release(from: before &+ 1, to: end) &+ released
  }
}

extension Platform {
  /// Gives back released tables that lie side by side, accounts for them, and
  /// says how many they are.
  @inlinable
  @inline(__always)
  func release(
    from start: UInt64, to end: UInt64
  ) throws(Interruption) -> Int {
    let count = Int(truncatingIfNeeded: end &- start)
    try account(Int64(count), from: .quarantined, to: .released)
    try free(FrameNumber(start), count: count)
    return count
  }

  /// The same while more are to come: one run is the rule.
  @inlinable
  @inline(never)
  func releaseBefore(
    from start: UInt64, to end: UInt64
  ) throws(Interruption) -> Int {
    try release(from: start, to: end)
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
