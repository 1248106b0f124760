// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What a cache keeps of an entry: where it leads, and what is allowed.
struct CachedEntry: BitwiseCopyable {
  /// What the entry and those above it allow, and what it records.
  enum Flag {
    static var user: UInt8 { 1 << 0 }
    static var writable: UInt8 { 1 << 1 }
    static var dirty: UInt8 { 1 << 2 }
  }

  /// The frame it leads to: a table, or the first of a leaf.
  var frame: FrameNumber
  /// The generation of a table's frame when the pointer to it was read.
  var generation: UInt32
  /// The index of the region that a leaf of level 1 lies in, or -1.
  var region: Int32
  /// See ``Flag``.
  var flags: UInt8
}

/// What a cache finds an entry by: whose, of which level, of which addresses.
///
/// 25 bits name the address space, 36 the first page, 2 the level; bit 63 is
/// set so that no key is zero.
struct CacheKey: BitwiseCopyable {
  var rawValue: UInt64

  /// The key of an entry of a table of `level` that translates `address`.
  @inline(__always)
  init(tag: UInt32, address: VirtualAddress, level: Int) {
    let shift = X86FourLevel.spanShift(of: level)
    // The lower bits of the page number of a large stretch are zero.
    let page =
      (address.rawValue & 0xffff_ffff_ffff & ~(1 &<< shift &- 1))
      &>> FrameNumber.shift
    rawValue =
      1 &<< 63 | UInt64(tag) &<< 38 | page &<< 2 | UInt64(level & 3)
  }

  @inline(__always)
  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Whose translation it is.
  @inline(__always)
  var tag: UInt32 { UInt32(truncatingIfNeeded: rawValue &>> 38) & 0x1ff_ffff }

  /// Whether it translates a page of `pages`.
  @inline(__always)
  func overlaps(_ pages: PageWindow) -> Bool {
    let first = rawValue &>> 2 & 0xf_ffff_ffff
    // Level 4 is written as 0.
    let level = Int(truncatingIfNeeded: (rawValue &- 1) & 3) &+ 1
    let shift = X86FourLevel.spanShift(of: level) &- FrameNumber.shift
    return first <= pages.last && first | (1 &<< shift &- 1) >= pages.first
  }
}

/// A range as the numbers of its first and last page, of 36 bits.
struct PageWindow: BitwiseCopyable {
  var first: UInt64
  var last: UInt64

  /// - Precondition: The range is not empty.
  init(_ range: VirtualRange) {
    first = range.start.rawValue &>> FrameNumber.shift & 0xf_ffff_ffff
    last = range.last.rawValue &>> FrameNumber.shift & 0xf_ffff_ffff
  }
}

/// A set-associative cache with random replacement.
///
/// Four ways, and a hash that chooses the set: invented, as manuals do not
/// say. A walker may drop any entry at any time anyway.
struct TranslationCache: BitwiseCopyable {
  private static var ways: Int { 4 }

  private let keys: FixedBuffer<UInt64>
  private let values: FixedBuffer<CachedEntry>
  private let used: FixedBuffer<Int>
  private let random: FixedBuffer<RandomNumbers>
  private let setShift: UInt64

  /// An empty cache of `capacity` entries, which `random` chooses victims in.
  ///
  /// - Precondition: `capacity` is a power of two and at least 8.
  init(capacity: Int, random: RandomNumbers) {
    precondition(
      capacity >= 8 && capacity & (capacity - 1) == 0,
      "the capacity of a cache is a power of two, 8 or more")
    keys = FixedBuffer(repeating: 0, count: capacity)
    values = FixedBuffer(
      repeating: CachedEntry(
        frame: .none, generation: 0, region: -1, flags: 0),
      count: capacity)
    used = FixedBuffer(repeating: 0, count: 1)
    self.random = FixedBuffer(repeating: random, count: 1)
    setShift = UInt64(64 - (capacity / Self.ways).trailingZeroBitCount)
  }

  /// How many entries are cached.
  var count: Int { used[0] }

  @inline(__always)
  private func firstWay(of key: CacheKey) -> Int {
    let hash = key.rawValue &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: hash &>> setShift) &* Self.ways
  }

  /// The entry with that key.
  @inline(__always)
  func find(_ key: CacheKey) -> CachedEntry? {
    if used[0] == 0 { return nil }
    let first = firstWay(of: key)
    for way in first..<first &+ Self.ways where keys[way] == key.rawValue {
      return values[way]
    }
    return nil
  }

  /// Caches an entry, in place of one with the same key, or of none, or of one
  /// that chance picks.
  func insert(_ value: CachedEntry, for key: CacheKey) {
    let first = firstWay(of: key)
    var victim = -1
    for way in first..<first &+ Self.ways {
      if keys[way] == key.rawValue {
        values[way] = value
        return
      }
      if keys[way] == 0 && victim < 0 { victim = way }
    }
    if victim < 0 {
      victim = first &+ Int(random[0].next(below: UInt64(Self.ways)))
    } else {
      used[0] &+= 1
    }
    keys[victim] = key.rawValue
    values[victim] = value
  }

  /// Drops the entries whose keys `body` is true of.
  ///
  /// - Complexity: O(capacity), or O(1) if nothing is cached.
  @inline(__always)
  func removeAll(where body: (CacheKey) -> Bool) {
    if used[0] == 0 { return }
    for way in 0..<keys.count
    where keys[way] != 0 && body(CacheKey(rawValue: keys[way])) {
      keys[way] = 0
      used[0] &-= 1
    }
  }

  /// Gives the memory back.
  func deallocate() {
    keys.deallocate()
    values.deallocate()
    used.deallocate()
    random.deallocate()
  }
}
