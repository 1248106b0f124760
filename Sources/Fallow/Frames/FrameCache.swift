/// Frames that one CPU keeps at hand, so that it takes and gives back most
/// without the lock of the allocator that all share.
///
/// **Guarantee.** A frame in the cache is in no block of the allocator and in
/// no other cache: its descriptor says that it is free, but of an order that no
/// block has, so it is not merged with its neighbours and cannot be given back
/// twice.
///
/// A table whose entries were cleared one by one comes back as a frame of
/// zeroes, and its descriptor says so. The cache keeps such frames apart: they
/// are for the next tables, which need no zeroing then, and for whoever asks for
/// zeroes.
///
/// The caller excludes others: one call at a time for a cache (on its CPU with
/// interrupts off), and, for ``refill(from:)`` and ``drain(into:)``, one for
/// the allocator (under its lock). Lists run through descriptors.
@frozen
public struct FrameCache: ~Copyable {
  /// How many frames it keeps at most.
  public let capacity: Int

  /// How many frames it holds.
  public private(set) var count: Int

  @usableFromInline let descriptors: DescriptorTable
  /// The frame of unknown contents, and the frame of zeroes, that came last.
  @usableFromInline var unknown: FrameNumber
  @usableFromInline var zero: FrameNumber

  /// An empty cache over `descriptors`, those of the allocator.
  ///
  /// - Precondition: `capacity > 1`
  public init(over descriptors: DescriptorTable, capacity: Int) {
    precondition(capacity > 1, "no room to move half of it")
    self.descriptors = descriptors
    self.capacity = capacity
    count = 0
    unknown = .none
    zero = .none
  }

  /// Takes the frame that was given back last, whatever is in it, or
  /// `FrameNumber.none` if there is none: then the caller refills the cache.
  ///
  /// Frames of zeroes go last.
  ///
  /// - Complexity: O(1)
  public mutating func take() -> FrameNumber {
    take(zero: unknown == .none, as: TypeWord(.other))
  }

  /// Takes a frame that will be a table, for `Platform.allocate(order:)`.
  ///
  /// If it is zero its descriptor says so, and the table is not zeroed again:
  /// whoever wants to write into the frame asks for one in another way.
  ///
  /// - Complexity: O(1)
  public mutating func takeForTable() -> FrameNumber {
    zero == .none ? take() : take(zero: true, as: .zeroForTable)
  }

  /// Takes a frame of zeroes, or zeroes one where `map` sees it.
  ///
  /// - Precondition: `map` has the memory of all frames.
  /// - Complexity: O(1) if there is a frame of zeroes
  public mutating func take(zeroedIn map: DirectMap) -> FrameNumber {
    if zero != .none { return take(zero: true, as: TypeWord(.other)) }
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
    descriptors.store(UInt64(word.rawValue), to: .typeWord, of: frame)
    return frame
  }

  /// Gives a frame back to the cache; false if it is full, and then the caller
  /// drains it first.
  ///
  /// - Precondition: The frame was allocated alone, by this cache, another in
  ///   front of the allocator, or the allocator, and is not free.
  /// - Complexity: O(1)
  public mutating func put(_ frame: FrameNumber) -> Bool {
    if count == capacity { return false }
    let word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: descriptors.load(.typeWord, of: frame)))
    precondition(word.kind != .free, "the frame is free already")
    let isZero =
      word.isTable(in: .released)
      && descriptors.load(.live, of: frame) == DescriptorField.endOfTable
    let next = isZero ? zero : unknown
    descriptors.store(next.rawValue, to: .link, of: frame)
    descriptors.store(Self.cachedWord, to: .typeWord, of: frame)
    if isZero { zero = frame } else { unknown = frame }
    count &+= 1
    return true
  }

  /// Fills the cache to its half, as far as there are frames.
  ///
  /// - Complexity: O(`capacity`)
  public mutating func refill(from allocator: inout BuddyAllocator) {
    while count < capacity / 2 {
      let frame = allocator.allocate(order: 0)
      if frame == .none { return }
      _ = put(frame)
    }
  }

  /// Empties the cache to its half, so that as many calls either way do not
  /// need the allocator.
  ///
  /// - Complexity: O(`capacity`)
  public mutating func drain(into allocator: inout BuddyAllocator) {
    drain(into: &allocator, leaving: capacity / 2)
  }

  /// Gives all frames but `rest` to the allocator: none is to rest in the cache
  /// of a CPU that goes offline, or where the allocator has run out.
  ///
  /// - Complexity: O(`capacity`)
  public mutating func drain(
    into allocator: inout BuddyAllocator, leaving rest: Int
  ) {
    while count > rest { allocator.free(take(), order: 0) }
  }

  static var cachedWord: UInt64 {
    var word = TypeWord(.free)
    word.order = 15
    return UInt64(word.rawValue)
  }
}
