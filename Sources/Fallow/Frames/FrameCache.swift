/// Frames that one CPU keeps at hand, so that it takes and gives back most
/// without the lock of the allocator that all share.
///
/// **Guarantee.** A frame in the cache is in no block of the allocator and in
/// no other cache: its descriptor says that it is free, but of an order that no
/// block has, so it is not merged with its neighbours and cannot be given back
/// twice.
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
  @usableFromInline var head: FrameNumber

  /// An empty cache over `descriptors`, those of the allocator.
  ///
  /// - Precondition: `capacity > 1`
  public init(over descriptors: DescriptorTable, capacity: Int) {
    precondition(capacity > 1, "no room to move half of it")
    self.descriptors = descriptors
    self.capacity = capacity
    count = 0
    head = .none
  }

  /// Takes the frame that was given back last, or `FrameNumber.none` if there
  /// is none: then the caller refills the cache.
  ///
  /// - Complexity: O(1)
  public mutating func take() -> FrameNumber {
    let frame = head
    if frame == .none { return .none }
    head = FrameNumber(descriptors.load(.link, of: frame))
    count &-= 1
    descriptors.store(
      UInt64(TypeWord(.other).rawValue), to: .typeWord, of: frame)
    return frame
  }

  /// Gives a frame back to the cache; false if it is full, and then the caller
  /// drains it first.
  ///
  /// - Precondition: The frame was allocated alone, and is not free.
  /// - Complexity: O(1)
  public mutating func put(_ frame: FrameNumber) -> Bool {
    if count == capacity { return false }
    precondition(
      TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: descriptors.load(.typeWord, of: frame))
      ).kind != .free, "the frame is free already")
    descriptors.store(head.rawValue, to: .link, of: frame)
    descriptors.store(Self.cachedWord, to: .typeWord, of: frame)
    head = frame
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
