// SPDX-License-Identifier: Apache-2.0

/// Frames that were taken before there is need of them, so that an operation
/// under a lock, or one that frees memory, does not run out in its middle.
///
/// An operation that draws on them takes these first, and asks the platform
/// only when there are none left. One reservation serves any number of
/// operations; what is left of it is given back.
///
/// They are threaded through their descriptors. To reclaim needs none: neither
/// ``ReclamationScheme/reclaim()`` nor what retires a table allocates.
@frozen
public struct ReservedFrames<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber
  /// Whether someone reserved them.
  ///
  /// An operation that draws on a reservation may not sleep; and the turns in
  /// which it took a frame are part of it, so no ``Platform/attempt()`` forgets
  /// them.
  @usableFromInline let isReservation: Bool

  /// No reservation: a caller that draws on it asks the platform.
  @inlinable
  init(on platform: P) {
    self.platform = platform
    head = .none
    isReservation = false
  }

  @inlinable
  init(_ platform: P, head: FrameNumber) {
    self.platform = platform
    self.head = head
    isReservation = true
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(.reservedFrames, holding: head) }
  }

  /// Takes `count` frames; nil if there are not as many or `count` is below
  /// zero, and then none is taken.
  ///
  /// - Parameters:
  ///   - count: The number of frames.
  ///   - platform: The platform whose allocator has the frames.
  /// - Returns: The reservation; nil if there are not as many frames.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(`count`)
  @inlinable
  public static func make(
    _ count: Int, on platform: P
  ) throws(P.Interruption) -> Self? {
    if count < 0 { return nil }
    var head = FrameNumber.none
    for _ in 0..<count {
      let frame = try platform.allocate(order: 0)
      guard frame != .none else {
        try free(from: head, on: platform)
        return nil
      }
      try platform.setLink(head, of: frame)
      head = frame
    }
    return Self(platform, head: head)
  }

  /// Runs an operation that asks the platform for each frame.
  ///
  /// Inlined always: what it runs holds tokens, which the way out of a call
  /// that is not inlined would drop.
  @inlinable
  @inline(__always)
  static func none<Outcome>(
    on platform: P, _ operation: (inout Self) throws(P.Interruption) -> Outcome
  ) throws(P.Interruption) -> Outcome {
    var none = Self(on: platform)
    defer { none.forget() }
    return try operation(&none)
  }

  /// Whether none is left.
  @inlinable
  public var isEmpty: Bool { head == .none }

  /// Gives back what is left.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(frames)
  @inlinable
  public consuming func giveBack() throws(P.Interruption) {
    let (platform, head) = take()
    try Self.free(from: head, on: platform)
  }

  @inlinable
  static func free(
    from head: FrameNumber, on platform: P
  ) throws(P.Interruption) {
    var frame = head
    while frame != .none {
      let next = try platform.link(of: frame)
      try platform.free(frame, order: 0)
      frame = next
    }
  }

  /// One of them, or one of the platform's, or `FrameNumber.none`.
  @inlinable
  mutating func next() throws(P.Interruption) -> FrameNumber {
    let frame = head
    if frame == .none { return try platform.allocate(order: 0) }
    head = try platform.link(of: frame)
    return frame
  }

  /// Empties the token of an operation that was interrupted and will run again
  /// from its start: see ``UnlinkedTables``.
  @inlinable
  package mutating func forget() {
    head = .none
  }

  /// Takes the list out of the token.
  @inlinable
  consuming func take() -> (platform: P, head: FrameNumber) {
    let taken = (platform, head)
    head = .none
    return taken
  }
}
