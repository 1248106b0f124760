// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// The fingerprints of the states that are known, in open addressing.
///
/// It consists of parts that grow one after the other, so that no more than one
/// of them is there twice. Several threads may insert at once; growing is for
/// one alone.
@safe
struct FingerprintTable: @unchecked Sendable {
  private typealias Slots = UnsafeMutablePointer<Atomic<UInt64>>

  private static let partBits = 4
  private static let parts = 1 << partBits

  /// How many fingerprints there is room for.
  private(set) var capacity: Int
  private let slots: UnsafeMutablePointer<Slots>

  /// An empty table.
  ///
  /// - Parameter capacity: A power of two, large enough for the parts to be
  ///   filled alike.
  init(capacity: Int) {
    self.capacity = capacity
    unsafe slots = .allocate(capacity: Self.parts)
    for part in 0..<Self.parts {
      unsafe (slots + part).initialize(to: Self.make(capacity / Self.parts))
    }
  }

  private static func make(_ capacity: Int) -> Slots {
    let size = capacity * 8
    let words = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: min(size, 1 << 21))
    #if canImport(Glibc)
      // Every look-up is to another page: with small ones each costs a walk.
      if size >= 1 << 21 { unsafe madvise(words, size, MADV_HUGEPAGE) }
    #endif
    unsafe words.initializeMemory(
      as: UInt64.self, repeating: 0, count: capacity)
    return unsafe words.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The bytes that it takes.
  var byteCount: Int { capacity * 8 }

  /// The bytes that it takes at most while it grows.
  var byteCountToGrow: Int {
    2 * byteCount + byteCount / Self.parts
  }

  /// Adds a fingerprint that is not 0; false if it is there already.
  @inline(__always)
  func insert(_ fingerprint: UInt64) -> Bool {
    let part = unsafe slots[Int(fingerprint >> UInt64(64 - Self.partBits))]
    return unsafe Self.insert(
      fingerprint, into: part, capacity >> Self.partBits)
  }

  @inline(__always)
  private static func insert(
    _ fingerprint: UInt64, into slots: Slots, _ capacity: Int
  ) -> Bool {
    let mask = capacity &- 1
    var index = Int(truncatingIfNeeded: fingerprint) & mask
    while true {
      var found = unsafe slots[index].load(ordering: .relaxed)
      if found == 0 {
        let (exchanged, original) = unsafe slots[index].compareExchange(
          expected: 0, desired: fingerprint, ordering: .relaxed)
        if exchanged { return true }
        found = original
      }
      if found == fingerprint { return false }
      index = (index &+ 1) & mask
    }
  }

  /// Doubles the capacity.
  mutating func grow() {
    let count = capacity / Self.parts
    for part in 0..<Self.parts {
      let old = unsafe slots[part]
      let new = unsafe Self.make(count * 2)
      for index in 0..<count {
        let fingerprint = unsafe old[index].load(ordering: .relaxed)
        if fingerprint != 0 {
          _ = unsafe Self.insert(fingerprint, into: new, count * 2)
        }
      }
      unsafe slots[part] = new
      unsafe old.deallocate()
    }
    capacity *= 2
  }

  /// Calls a closure with every fingerprint.
  func forEach(_ body: (UInt64) -> Void) {
    for part in 0..<Self.parts {
      for index in 0..<capacity / Self.parts {
        let fingerprint = unsafe slots[part][index].load(ordering: .relaxed)
        if fingerprint != 0 { body(fingerprint) }
      }
    }
  }

  func free() {
    for part in 0..<Self.parts { unsafe slots[part].deallocate() }
    unsafe slots.deallocate()
  }
}
