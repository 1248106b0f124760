// SPDX-License-Identifier: Apache-2.0

/// What an invalidation made of a batch: tables that every walker has
/// forgotten, and tables that some walker has not.
@frozen
public struct InvalidatedBatch<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var forgotten: FrameNumber
  @usableFromInline var parked: FrameNumber
  @usableFromInline var lastParked: FrameNumber

  /// The IOMMUs that did not answer.
  public let unanswered: IOMMUSet

  @inlinable
  init(
    _ platform: P, forgotten: FrameNumber, parked: FrameNumber,
    lastParked: FrameNumber, unanswered: IOMMUSet
  ) {
    self.unanswered = unanswered
    self.platform = platform
    self.forgotten = forgotten
    self.parked = parked
    self.lastParked = lastParked
  }

  @inlinable
  deinit {
    if forgotten != .none {
      platform.dropped(.invalidatedBatch, holding: forgotten)
    }
    if parked != .none {
      platform.dropped(.invalidatedBatch, holding: parked)
    }
  }

  /// Divides the tables from `first` on by the walkers they wait for, now that
  /// `unanswered` are the only walkers that did not answer.
  ///
  /// Those from `retired` on waited for every walker, those before for the
  /// walkers that their descriptors say.
  ///
  /// - Complexity: O(1) if all answered, else O(tables).
  @inlinable
  @inline(__always)
  static func settled(
    from first: FrameNumber, retired: FrameNumber, _ unanswered: IOMMUSet,
    on platform: P
  ) throws(P.Interruption) -> Self {
    if unanswered.isEmpty {
      return Self(
        platform, forgotten: first, parked: .none, lastParked: .none,
        unanswered: .none)
    }
    return try divided(
      from: first, retired: retired, unanswered, on: platform)
  }

  @inlinable
  @inline(never)
  static func divided(
    from first: FrameNumber, retired: FrameNumber, _ unanswered: IOMMUSet,
    on platform: P
  ) throws(P.Interruption) -> Self {
    var forgotten = FrameNumber.none
    var lastForgotten = FrameNumber.none
    var parked = FrameNumber.none
    var lastParked = FrameNumber.none
    var isRetired = false
    var frame = first
    while frame != .none {
      let next = try platform.link(of: frame)
      isRetired = isRetired || frame == retired
      let waiting =
        isRetired
        ? unanswered
        : try platform.waitingFor(of: frame).intersection(unanswered)
      // Guard: failed-stays-parked
      if waiting.isEmpty {
        try platform.append(frame, to: &forgotten, after: &lastForgotten)
      } else {
        try platform.setWaitingFor(waiting, of: frame)
        try platform.append(frame, to: &parked, after: &lastParked)
      }
      frame = next
    }
    return Self(
      platform, forgotten: forgotten, parked: parked, lastParked: lastParked,
      unanswered: unanswered)
  }

  /// Takes the tables out of the token, and the platform with them; see
  /// `ConstructedTable.take()`.
  @inlinable
  consuming func take() -> (
    platform: P, forgotten: FrameNumber, parked: FrameNumber,
    lastParked: FrameNumber
  ) {
    let taken = (platform, forgotten, parked, lastParked)
    forgotten = .none
    parked = .none
    return taken
  }

  /// Whether every walker has forgotten every table.
  @inlinable
  public var isComplete: Bool { parked == .none }

  /// Gives back the tables that every walker has forgotten, and parks the rest
  /// until a later run of the worker, which is scheduled, finds that they are
  /// forgotten too.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(tables)
  @inlinable
  @inline(__always)
  public consuming func release() throws(P.Interruption) {
    try release(asRetry: false)
  }

  /// Gives back and parks tables; where some were parked before and none is
  /// now, no further run is scheduled.
  @inlinable
  @inline(__always)
  consuming func release(asRetry isRetry: Bool) throws(P.Interruption) {
    let (platform, first, parked, last) = take()
    if parked != .none {
      try platform.park(parked, last)
    } else if isRetry {
      try platform.endRetries()
    }
    try ReleasableBatch(platform, head: first).release()
  }
}

extension Platform {
  /// Parks a chain of tables, already linked from `first` to `last`, and
  /// schedules the worker.
  @inlinable
  @inline(never)
  func park(
    _ first: FrameNumber, _ last: FrameNumber
  ) throws(Interruption) {
    var frame = first
    while frame != .none {
      try move(frame, from: .quarantined, to: .parked)
      frame = try link(of: frame)
    }
    // Guard: parked-goes-on-a-list
    _ = try push(first, last, onto: .parked)
    try scheduleRetry()
  }

  /// The IOMMUs that have not forgotten a retired table.
  ///
  /// Private.
  @inlinable
  func waitingFor(of table: FrameNumber) throws(Interruption) -> IOMMUSet {
    IOMMUSet(
      rawValue: UInt32(truncatingIfNeeded: try load(.binding, of: table)))
  }

  /// Says which IOMMUs have not forgotten a retired table.
  ///
  /// Private.
  @inlinable
  func setWaitingFor(
    _ iommus: IOMMUSet, of table: FrameNumber
  ) throws(Interruption) {
    try store(UInt64(iommus.rawValue), to: .binding, of: table)
  }

  /// Puts a chain of tables, already linked from `first` to `last`, onto a
  /// list, by a full fence; true if the list was empty.
  @inlinable
  func push(
    _ first: FrameNumber, _ last: FrameNumber, onto list: KernelWord
  ) throws(Interruption) -> Bool {
    while true {
      try attempt()
      let head = try load(list)
      try store(head, to: .link, of: last)
      let found = try compareExchange(
        list, expected: head, desired: first.listHead)
      // Guard: push-looks-again
      if found == head { return head == 0 }
    }
  }
}
