// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// The fingerprints of the states that are known, in open addressing.
///
/// Several threads may insert at once; growing is for one alone.
@safe
struct FingerprintTable {
  private(set) var capacity: Int
  private var slots: UnsafeMutablePointer<Atomic<UInt64>>

  init(capacity: Int) {
    self.capacity = capacity
    unsafe slots = Self.make(capacity)
  }

  private static func make(
    _ capacity: Int
  ) -> UnsafeMutablePointer<Atomic<UInt64>> {
    let hugePage = 1 << 21
    let words = UnsafeMutableRawPointer.allocate(
      byteCount: capacity * 8, alignment: hugePage)
    #if canImport(Glibc)
      // Every look-up is to another page: with small ones each costs a walk.
      unsafe madvise(words, capacity * 8, MADV_HUGEPAGE)
    #endif
    unsafe words.initializeMemory(
      as: UInt64.self, repeating: 0, count: capacity)
    return unsafe words.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Adds a fingerprint that is not 0; false if it is there already.
  @inline(__always)
  func insert(_ fingerprint: UInt64) -> Bool {
    let mask = capacity - 1
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
      index = (index + 1) & mask
    }
  }

  /// Doubles the capacity.
  mutating func grow() {
    let old = unsafe slots
    let count = capacity
    capacity *= 2
    unsafe slots = Self.make(capacity)
    for index in 0..<count {
      let fingerprint = unsafe old[index].load(ordering: .relaxed)
      if fingerprint != 0 { _ = insert(fingerprint) }
    }
    unsafe old.deallocate()
  }

  func free() { unsafe slots.deallocate() }
}
