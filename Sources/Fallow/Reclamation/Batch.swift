/// Retired tables that some walker may still reach.
///
/// **Guarantee.** Nothing takes a batch apart but ``invalidated(by:)``, and
/// what that returns says whether every walker answered. There is no proof of
/// an invalidation that exists by itself, so none can be too old for its batch
/// or be used for two.
@frozen
public struct Batch<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber
  @usableFromInline var tail: FrameNumber

  @inlinable
  init(_ platform: P, head: FrameNumber, tail: FrameNumber) {
    self.platform = platform
    self.head = head
    self.tail = tail
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(head) }
  }

  /// Whether there is no table in it.
  @inlinable
  public var isEmpty: Bool { head == .none }

  /// Takes the tables out of the token, and the platform with them; see
  /// `ConstructedTable.take()`.
  @inlinable
  consuming func take() -> (
    platform: P, head: FrameNumber, tail: FrameNumber
  ) {
    let taken = (platform, head, tail)
    head = .none
    return taken
  }

  /// Waits for the software readers, tells every walker that shares an address
  /// space to forget the kernel half, and waits until all have forgotten.
  ///
  /// The mail: `iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL)`.
  ///
  /// Members are read here, after the batch was taken: a walker that joins
  /// later starts cold, and its first walk finds the entries cleared. Sleeps.
  @inlinable
  public consuming func invalidated<Driver: IOMMUDriver>(
    by sharing: Sharing<Driver>
  ) throws(P.Interruption) -> InvalidatedBatch<P>
  where Driver.P == P {
    let (platform, head, tail) = take()
    try platform.awaitReaders()
    if try sharing.invalidateKernelHalf() {
      return .releasable(ReleasableBatch(platform, head: head))
    }
    return .parked(ParkedBatch(platform, head: head, tail: tail))
  }
}

/// What an invalidation makes of a batch.
@frozen
public enum InvalidatedBatch<P: Platform>: ~Copyable {
  /// Every walker answered.
  case releasable(ReleasableBatch<P>)
  /// One did not.
  case parked(ParkedBatch<P>)
}

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

/// Tables that stay quarantined because a walker did not answer.
@frozen
public struct ParkedBatch<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber
  @usableFromInline var tail: FrameNumber

  @inlinable
  init(_ platform: P, head: FrameNumber, tail: FrameNumber) {
    self.platform = platform
    self.head = head
    self.tail = tail
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(head) }
  }

  /// Keeps the tables for the next batch, whose invalidation covers them too.
  ///
  /// The caller holds the reclamation lock.
  ///
  /// - Complexity: O(tables)
  @inlinable
  consuming func park() throws(P.Interruption) {
    let platform = platform
    let tail = tail
    let first = head
    head = .none
    var frame = first
    while frame != .none {
      try platform.move(frame, from: .quarantined, to: .parked)
      frame = try platform.link(of: frame)
    }
    let before = try platform.load(.parked)
    try platform.setLink(FrameNumber(listHead: before), of: tail)
    _ = try platform.exchange(first.listHead, at: .parked)
  }
}
