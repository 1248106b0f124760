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
    if head != .none { platform.dropped(head) }
  }

  /// Gives the tables back, in the order of the batch, and says how many they
  /// were.
  ///
  /// Those in reserved memory end retained.
  ///
  /// The mail: `__free_pages(page, compound_order(page))`.
  ///
  /// - Complexity: O(tables)
  @inlinable
  @discardableResult
  public consuming func release() throws(P.Interruption) -> Int {
    let platform = platform
    var frame = head
    head = .none
    var released = 0
    while frame != .none {
      // Read before the frame is someone else's.
      let next = try platform.link(of: frame)
      let word = try platform.typeWord(of: frame)
      if word[.reservedMemory] {
        try platform.move(frame, from: .quarantined, to: .retained)
      } else {
        try platform.move(frame, from: .quarantined, to: .released)
        try platform.free(frame, order: word.order)
      }
      released &+= 1
      frame = next
    }
    return released
  }
}
