// SPDX-License-Identifier: Apache-2.0

/// Frames that one CPU keeps at hand, so that it takes and gives back most
/// without the lock of the allocator that all share.
///
/// **Guarantee.** A frame in the cache is in no block of the allocator and in
/// no other cache: its descriptor says that it is cached, so it is not merged
/// with its neighbours and cannot be given back twice. What is given back is
/// checked as ``BuddyAllocator`` does, and refused with nothing changed.
///
/// A table whose entries were cleared one by one comes back as a frame of
/// zeroes, and its descriptor says so. The cache keeps such frames apart: they
/// are for the next tables, which need no zeroing then, and for callers that
/// ask for zeroes. What it drains keeps the mark in the allocator, as long as
/// it is merged with the like.
///
/// The caller excludes others: one call at a time for a cache (on its CPU with
/// interrupts off), and, for ``refill(from:)`` and ``drain(into:)``, one for
/// the allocator (under its lock). Lists run through descriptors.
@frozen
public struct FrameCache: ~Copyable {
  /// How many frames it keeps at most.
  public let capacity: Int

  /// The zone of its frames, which is that of the allocator behind it.
  public let zone: FrameZone

  /// How many frames it holds.
  public private(set) var count: Int

  @usableFromInline let descriptors: DescriptorTable
  /// The frame of unknown contents, and the frame of zeroes, that came last.
  @usableFromInline var unknown: FrameNumber
  @usableFromInline var zero: FrameNumber

  /// An empty cache over `descriptors`, those of the allocator of `zone`.
  ///
  /// - Parameters:
  ///   - descriptors: The descriptors of the frames.
  ///   - zone: The zone of the allocator that the cache is filled from.
  ///   - capacity: Half of it is to be room, so it counts as 2 where it is
  ///     less.
  public init(
    over descriptors: DescriptorTable, zone: FrameZone, capacity: Int
  ) {
    self.descriptors = descriptors
    self.zone = zone
    self.capacity = max(capacity, 2)
    count = 0
    unknown = .none
    zero = .none
  }

  /// Takes the frame that was given back last, whatever is in it, or
  /// `FrameNumber.none` if there is none: then the caller refills the cache.
  ///
  /// Frames of zeroes go last.
  ///
  /// - Returns: The frame, or `FrameNumber.none`.
  /// - Complexity: O(1)
  public mutating func take() -> FrameNumber {
    take(zero: unknown == .none, as: .block(.other, in: zone))
  }

  /// Takes a frame that will be a table, for `Platform.allocate(order:)`.
  ///
  /// If it is zero its descriptor says so, and the table is not zeroed again:
  /// a caller that writes into the frame takes it by another call.
  ///
  /// - Returns: The frame, or `FrameNumber.none`.
  /// - Complexity: O(1)
  public mutating func takeForTable() -> FrameNumber {
    zero == .none
      ? take() : take(zero: true, as: .zeroForTable(in: zone))
  }

  /// Takes a frame of zeroes, or zeroes one where `map` sees it.
  ///
  /// - Parameter map: The view in which a frame is zeroed.
  /// - Returns: The frame, or `FrameNumber.none`.
  /// - Precondition: `map` has the memory of all frames.
  /// - Complexity: O(1) if there is a frame of zeroes
  public mutating func take(zeroedIn map: DirectMap) -> FrameNumber {
    if zero != .none {
      return take(zero: true, as: .block(.other, in: zone))
    }
    let frame = take()
    if frame != .none { map.zero(frame) }
    return frame
  }

  private mutating func take(
    zero isZero: Bool, as word: TypeWord
  ) -> FrameNumber {
    let frame = isZero ? zero : unknown
    if frame == .none { return .none }
    let next = FrameNumber(descriptors.load(.link, of: frame))
    if isZero { zero = next } else { unknown = next }
    count &-= 1
    descriptors.setTypeWord(word, of: frame)
    return frame
  }

  /// Gives a frame back to the cache.
  ///
  /// - Parameter frame: A frame that this cache, or its zone's allocator, handed
  ///   out alone.
  /// - Returns: Whether the cache took it; if not, the cache is full, and the
  ///   caller drains it first.
  /// - Throws: A ``FrameError`` if the frame was not handed out alone by the
  ///   allocator of this zone or a cache in front of it, was given back since,
  ///   or is a table in use.
  /// - Complexity: O(1)
  public mutating func put(_ frame: FrameNumber) throws(FrameError) -> Bool {
    guard descriptors.contains(frame),
      descriptors.typeWord(of: frame).isTaken(as: .block(.other, in: zone))
    else { throw descriptors.refusal(of: frame, in: zone) }
    if count == capacity { return false }
    let isZero =
      descriptors.typeWord(of: frame).isTable(in: .released)
      && descriptors.load(.entryCount, of: frame) == DescriptorField.endOfTable
    insert(frame, isZero: isZero)
    return true
  }

  @inline(__always)
  private mutating func insert(_ frame: FrameNumber, isZero: Bool) {
    let next = isZero ? zero : unknown
    descriptors.store(next.rawValue, to: .link, of: frame)
    descriptors.setTypeWord(.block(.cached, in: zone), of: frame)
    if isZero { zero = frame } else { unknown = frame }
    count &+= 1
  }

  /// Fills the cache to its half, as far as there are frames.
  ///
  /// - Parameter allocator: The allocator behind the cache.
  /// - Throws: A ``FrameError`` if the allocator is of another zone.
  /// - Complexity: O(`capacity`)
  public mutating func refill(
    from allocator: inout BuddyAllocator
  ) throws(FrameError) {
    try check(allocator)
    while count < capacity / 2 {
      let (frame, isZero) = allocator.take(order: 0)
      if frame == .none { return }
      insert(frame, isZero: isZero)
    }
  }

  /// Empties the cache to its half, so that as many calls either way do not
  /// need the allocator.
  ///
  /// - Parameter allocator: The allocator behind the cache.
  /// - Throws: A ``FrameError`` if the allocator is of another zone.
  /// - Complexity: O(`capacity`)
  public mutating func drain(
    into allocator: inout BuddyAllocator
  ) throws(FrameError) {
    try drain(into: &allocator, leaving: capacity / 2)
  }

  /// Gives all frames but `rest` to the allocator: none is to rest in the cache
  /// of a CPU that goes offline, or where the allocator has run out.
  ///
  /// - Parameters:
  ///   - allocator: The allocator behind the cache.
  ///   - rest: The number of frames that stay; 0 where it is negative.
  /// - Throws: A ``FrameError`` if the allocator is of another zone.
  /// - Complexity: O(`capacity`)
  public mutating func drain(
    into allocator: inout BuddyAllocator, leaving rest: Int
  ) throws(FrameError) {
    try check(allocator)
    while count > max(rest, 0) {
      let isZero = unknown == .none
      allocator.merge(take(), order: 0, isZero: isZero)
    }
  }

  private func check(
    _ allocator: borrowing BuddyAllocator
  ) throws(FrameError) {
    guard allocator.zone == zone else {
      throw FrameError(.wrongZone, at: unknown == .none ? zero : unknown)
    }
  }
}
