// SPDX-License-Identifier: Apache-2.0

/// Retired tables that some walker may still reach.
///
/// **Guarantee.** Nothing takes a batch apart but its invalidation, and what
/// that returns releases only what every walker has forgotten. There is no
/// proof of an invalidation that exists by itself, so none can be too old for
/// its batch or be used for two.
///
/// # What an invalidation proves
///
/// Every walker that was a member at any moment between the last unlink of the
/// batch and now has either completed a request that was submitted after that
/// unlink, or has left after completing its own. Members are read after the
/// batch was taken: a walker that joins later starts cold, and its first walk
/// finds the entries cleared.
///
/// A table that was just retired waits for every walker. One that was parked
/// waits for those that failed, which are remembered, by their IOMMUs, in its
/// descriptor: only a later invalidation in which such an IOMMU has nobody left
/// that fails takes it off. Either it answered for all its members, or those
/// that did not have left.
@frozen
public struct Batch<P: Platform, Half: AddressHalf>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber
  /// The last table, or none if nobody had to look for it.
  @usableFromInline let tail: FrameNumber
  /// The first table that was just retired, or none: those before it were
  /// parked.
  @usableFromInline let retired: FrameNumber

  @inlinable
  init(_ platform: P, head: FrameNumber, tail: FrameNumber) {
    self.init(platform, head: head, tail: tail, retired: head)
  }

  @inlinable
  init(
    _ platform: P, head: FrameNumber, tail: FrameNumber, retired: FrameNumber
  ) {
    self.platform = platform
    self.head = head
    self.tail = tail
    self.retired = retired
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(.batch, holding: head) }
  }

  /// Whether there is no table in it.
  @inlinable
  public var isEmpty: Bool { head == .none }

  /// Whether there are tables in it that were parked.
  @inlinable
  var hasParkedTables: Bool { head != retired }

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
}

extension Batch where Half == KernelHalf {
  /// Waits for the software readers, has every walker that shares an address
  /// space to forget the kernel half, and waits until all have forgotten.
  ///
  /// The mail: `iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL)`.
  ///
  /// If user tables are among the parked ones, everything is forgotten.
  ///
  /// Sleeps.
  ///
  /// - Parameter sharing: The address spaces that devices share.
  /// - Returns: The batch, releasable or parked.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(parked tables + sharers), and O(tables) if a walker does
  ///   not answer.
  @inlinable
  @inline(__always)
  public consuming func invalidated<Driver: IOMMUDriver>(
    by sharing: Sharing<Driver>
  ) throws(P.Interruption) -> InvalidatedBatch<P>
  where Driver.P == P {
    let retired = retired
    let (platform, first, _) = take()
    var hasUserTables = false
    var frame = first
    while frame != retired {
      if try !platform.typeWord(of: frame)[.kernelMark] { hasUserTables = true }
      frame = try platform.link(of: frame)
    }
    // Guard: await-readers
    try platform.awaitReaders()
    // Guard: take-before-asking.ask, ask-the-walkers
    let unanswered = try sharing.invalidate(everything: hasUserTables)
    return try .settled(
      from: first, retired: retired, unanswered, on: platform)
  }

  /// Releases the tables if no device shares an address space and no reader is
  /// under way; returns them if not, and else an empty batch.
  ///
  /// Their entries were cleared before, by full fences; the CPUs have flushed.
  @inlinable
  @inline(__always)
  consuming func releasedIfUnshared<Driver: IOMMUDriver>(
    by sharing: Sharing<Driver>
  ) throws(P.Interruption) -> Self
  where Driver.P == P {
    let (platform, first, last) = take()
    // Guard: nobody-shares, no-reader-is-under-way
    guard try sharing.isUnused(), try platform.readersHaveLeft() else {
      return Self(platform, head: first, tail: last)
    }
    try ReleasableBatch(platform, head: first).release()
    return Self(platform, head: .none, tail: .none)
  }
}

extension Batch where Half == UserHalf {
  /// Waits for the software readers, has every walker that shares the
  /// tables' own address space to forget it, and waits until all have.
  ///
  /// The CPUs have flushed when the tables were unlinked.
  ///
  /// Sleeps.
  ///
  /// - Parameter sharing: The devices that share address spaces.
  /// - Returns: The tables: to be released, and to be parked, because an IOMMU
  ///   did not answer.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Precondition: All tables are of one address space.
  /// - Complexity: O(tables + IOMMUs)
  @inlinable
  public consuming func invalidated<Driver: IOMMUDriver>(
    by sharing: Sharing<Driver>
  ) throws(P.Interruption) -> InvalidatedBatch<P>
  where Driver.P == P {
    let (platform, first, _) = take()
    if first == .none {
      return try .settled(
        from: .none, retired: .none, .none, on: platform)
    }
    let root = FrameNumber(try platform.load(.binding, of: first))
    var frame = first
    while frame != .none {
      guard try platform.load(.binding, of: frame) == root.rawValue else {
        try platform.fault(.wrongSpace, at: frame)
      }
      frame = try platform.link(of: frame)
    }
    try platform.awaitReaders()
    let unanswered = try sharing.invalidate(spaceOf: root)
    return try .settled(
      from: first, retired: first, unanswered, on: platform)
  }
}
