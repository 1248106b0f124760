// SPDX-License-Identifier: Apache-2.0

/// The states of one level, packed: of each log only what is in use, and of
/// each word only the bytes up to its highest.
///
/// While one is filled, one thread alone has it; after that any may read it.
@safe
struct Frontier: @unchecked Sendable {
  /// How far beyond a word's bytes packing writes and unpacking reads.
  private static let slack = 16

  private let layout: Layout
  private var bytes: UnsafeMutableRawPointer
  private var capacity = 1 << 15
  private var used = 0
  private var starts: UnsafeMutableRawPointer
  private var startCapacity = 1 << 8
  private(set) var count = 0

  init(layout: Layout) {
    self.layout = layout
    unsafe bytes = .allocate(byteCount: capacity, alignment: 8)
    unsafe starts = .allocate(byteCount: startCapacity * 8, alignment: 8)
  }

  func free() {
    unsafe bytes.deallocate()
    unsafe starts.deallocate()
  }

  var byteCount: Int { capacity + startCapacity * 8 }

  mutating func removeAll() {
    used = 0
    count = 0
  }

  mutating func append(_ state: Cells) {
    // A word takes at most eight bytes, and half of one for their number.
    if used &+ layout.size &* 9 &+ Self.slack > capacity {
      unsafe Self.grow(&bytes, capacity, used)
      capacity *= 2
    }
    if count == startCapacity {
      unsafe Self.grow(&starts, startCapacity * 8, count * 8)
      startCapacity *= 2
    }
    unsafe starts.storeBytes(of: used, toByteOffset: count * 8, as: Int.self)
    count &+= 1
    pack(state, from: 0, count: layout.logs)
    for actor in 0..<layout.actors {
      pack(
        state, from: layout.log(of: actor),
        count: layout.logWords(of: actor, in: state))
    }
  }

  func unpack(_ index: Int, into state: Cells, and copy: Cells) {
    var place = unsafe starts.load(fromByteOffset: index * 8, as: Int.self)
    unpack(&place, into: state, and: copy, from: 0, count: layout.logs)
    for actor in 0..<layout.actors {
      unpack(
        &place, into: state, and: copy, from: layout.log(of: actor),
        count: layout.logWords(of: actor, in: state))
    }
  }

  /// Appends words two by two: a byte says how many bytes of each follow.
  @inline(__always)
  private mutating func pack(_ state: Cells, from first: Int, count: Int) {
    var index = first
    let end = first &+ count
    while index < end {
      let low = state[index]
      let high = index &+ 1 < end ? state[index &+ 1] : 0
      let lowCount = Self.significantBytes(of: low)
      let highCount = Self.significantBytes(of: high)
      unsafe bytes.storeBytes(
        of: UInt8(truncatingIfNeeded: lowCount | highCount &<< 4),
        toByteOffset: used, as: UInt8.self)
      unsafe bytes.storeBytes(
        of: low, toByteOffset: used &+ 1, as: UInt64.self)
      used &+= 1 &+ lowCount
      unsafe bytes.storeBytes(of: high, toByteOffset: used, as: UInt64.self)
      used &+= highCount
      index &+= 2
    }
  }

  @inline(__always)
  private func unpack(
    _ place: inout Int, into state: Cells, and copy: Cells, from first: Int,
    count: Int
  ) {
    var index = first
    let end = first &+ count
    while index < end {
      let counts = unsafe Int(bytes.load(fromByteOffset: place, as: UInt8.self))
      place &+= 1
      let low = word(at: &place, count: counts & 15)
      let high = word(at: &place, count: counts &>> 4)
      state[index] = low
      copy[index] = low
      if index &+ 1 < end {
        state[index &+ 1] = high
        copy[index &+ 1] = high
      }
      index &+= 2
    }
  }

  @inline(__always)
  private func word(at place: inout Int, count: Int) -> UInt64 {
    let word = unsafe bytes.loadUnaligned(
      fromByteOffset: place, as: UInt64.self)
    place &+= count
    return word & ((1 as UInt64) << UInt64(count &* 8) &- 1)
  }

  @inline(__always)
  private static func significantBytes(of word: UInt64) -> Int {
    (71 &- word.leadingZeroBitCount) &>> 3
  }

  /// Moves what is in use to memory of twice the size.
  private static func grow(
    _ memory: inout UnsafeMutableRawPointer, _ size: Int, _ used: Int
  ) {
    let old = unsafe memory
    unsafe memory = .allocate(byteCount: size * 2, alignment: 8)
    unsafe memory.copyMemory(from: old, byteCount: used)
    unsafe old.deallocate()
  }
}
