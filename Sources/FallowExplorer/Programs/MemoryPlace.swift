// SPDX-License-Identifier: Apache-2.0

/// A word of a program's memory, or of its part of a frame's descriptor.
package struct MemoryPlace: Hashable, BitwiseCopyable, Sendable {
  /// The frame; negative for memory.
  package var frame: Int
  /// The word's place there.
  package var word: Int

  /// A word of memory, or of a frame's descriptor.
  @inline(__always)
  package init(frame: Int = -1, word: Int) {
    self.frame = frame
    self.word = word
  }
}

/// Which bytes of a word an access is to.
package struct WordPart: Hashable, BitwiseCopyable, Sendable {
  /// Three bits for the first byte, four for how many there are.
  let code: Int

  /// All eight.
  package static let whole = WordPart(first: 0, count: 8)

  /// - Precondition: The bytes lie in one word.
  @inline(__always)
  package init(first: Int, count: Int) {
    code = first | count << 3
  }

  init(code: Int) { self.code = code }

  /// The first byte.
  package var first: Int { code & 7 }

  /// How many there are.
  package var count: Int { code >> 3 }

  @inline(__always)
  private var shift: UInt64 { UInt64(truncatingIfNeeded: code & 7) &* 8 }

  @inline(__always)
  private var mask: UInt64 {
    code >> 3 >= 8
      ? .max : 1 &<< UInt64(truncatingIfNeeded: code >> 3 &* 8) &- 1
  }

  /// The bytes in a word, as a number.
  @inline(__always)
  func value(in word: UInt64) -> UInt64 { word &>> shift & mask }

  /// The word with other bytes there.
  @inline(__always)
  func replacing(in word: UInt64, with value: UInt64) -> UInt64 {
    word & ~(mask &<< shift) | (value & mask) &<< shift
  }

  /// A number as the bytes keep it.
  @inline(__always)
  func truncated(_ value: UInt64) -> UInt64 { value & mask }
}

/// What a read-modify-write does.
package enum MemoryUpdate: UInt8, Sendable {
  case exchange, add, compareExchange, and, or, xor

  /// What the bytes hold after it.
  @inline(__always)
  func result(
    of old: UInt64, operand: UInt64, expected: UInt64
  ) -> UInt64 {
    switch self {
    case .exchange: operand
    case .add: old &+ operand
    case .compareExchange: old == expected ? operand : old
    case .and: old & operand
    case .or: old | operand
    case .xor: old ^ operand
    }
  }
}
