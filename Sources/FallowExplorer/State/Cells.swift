// SPDX-License-Identifier: Apache-2.0

/// A flat run of words: the state of a machine.
///
/// It is a view; its maker keeps the memory alive and does not let two
/// threads write.
@safe
struct Cells: BitwiseCopyable, @unchecked Sendable {
  let base: UnsafeMutablePointer<UInt64>

  /// Zeroed memory for `count` words; ``free()`` gives it back.
  static func allocate(_ count: Int) -> Cells {
    let base = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    unsafe base.initialize(repeating: 0, count: count)
    return unsafe Cells(base: base)
  }

  func free() { unsafe base.deallocate() }

  @inline(__always)
  subscript(index: Int) -> UInt64 {
    get { unsafe base[index] }
    nonmutating set { unsafe base[index] = newValue }
  }

  /// Swift 6.3.1 compiles `|=` through the setter above to invalid code where a
  /// mutating function is built for the thread sanitizer.
  @inline(__always)
  func setBits(_ bits: UInt64, at index: Int) {
    self[index] = self[index] | bits
  }

  @inline(__always)
  func clearBits(_ bits: UInt64, at index: Int) {
    self[index] = self[index] & ~bits
  }

  /// A byte, counted from the first byte of word `index`.
  @inline(__always)
  subscript(index: Int, byte byte: Int) -> UInt8 {
    get { unsafe bytes(index)[byte] }
    nonmutating set { unsafe bytes(index)[byte] = newValue }
  }

  /// The same for bytes as ``setBits(_:at:)`` is for words.
  @inline(__always)
  func setBits(_ bits: UInt8, at index: Int, byte: Int) {
    self[index, byte: byte] = self[index, byte: byte] | bits
  }

  @inline(__always)
  func clearBits(_ bits: UInt8, at index: Int, byte: Int) {
    self[index, byte: byte] = self[index, byte: byte] & ~bits
  }

  @inline(__always)
  private func bytes(_ index: Int) -> UnsafeMutablePointer<UInt8> {
    unsafe UnsafeMutableRawPointer(base + index)
      .assumingMemoryBound(to: UInt8.self)
  }

  /// Sets the first words to zero.
  func clear(count: Int) {
    unsafe base.update(repeating: 0, count: count)
  }

  /// Which of up to eight words are not those of another, a bit each.
  @inline(__always)
  func differences(from other: Cells, at start: Int, count: Int) -> UInt8 {
    var bits: UInt8 = 0
    var index = 0
    while index < count {
      let bit: UInt8 = self[start &+ index] == other[start &+ index] ? 0 : 1
      bits |= bit &<< UInt8(truncatingIfNeeded: index)
      index &+= 1
    }
    return bits
  }

  @inline(__always)
  func copy(from other: Cells, at start: Int = 0, count: Int) {
    unsafe (base + start).update(from: other.base + start, count: count)
  }
}
