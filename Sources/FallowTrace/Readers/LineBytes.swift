// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The bytes of one line, lent to the parser until the next line is asked for.
///
/// The one type of the readers that holds a pointer. Every access is checked
/// against the line's length, so a parser may look past the end; what it must
/// not do is keep a value of this type after the scanner has moved on.
@safe struct LineBytes {
  private let base: UnsafePointer<UInt8>?

  /// How many bytes the line has, its end not counted.
  let count: Int

  /// Lends `bytes`.
  @unsafe init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe base = bytes.baseAddress
    count = bytes.count
  }

  /// The byte at `index`, 0 past the end.
  subscript(index: Int) -> UInt8 {
    @inline(__always) get {
      guard index >= 0, index < count, let base = unsafe base else { return 0 }
      return unsafe base[index]
    }
  }

  /// Where `byte` next occurs at or after `start`.
  @inline(__always)
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start >= 0, start < count, let base = unsafe base,
      let found = unsafe memchr(base + start, Int32(byte), count - start)
    else { return nil }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Whether `text` stands at `start`.
  @inline(__always)
  func has(_ text: StaticString, at start: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard start >= 0, length <= count - start, let base = unsafe base else {
      return false
    }
    return unsafe memcmp(base + start, text.utf8Start, length) == 0
  }

  /// The first index at or after `start` that holds no space.
  @inline(__always)
  func skipSpaces(from start: Int) -> Int {
    var index = start
    while self[index] == .space { index += 1 }
    return index
  }

  /// The line without the carriage return that some transports add.
  var withoutReturn: LineBytes {
    guard self[count - 1] == UInt8(ascii: "\r"), let base = unsafe base else {
      return self
    }
    return unsafe LineBytes(UnsafeBufferPointer(start: base, count: count - 1))
  }

  /// The hash of the whole line, as ``NameHash`` makes it.
  var hash: UInt32 {
    var hash = NameHash()
    for index in 0..<count { hash.add(self[index]) }
    return hash.value
  }
}

/// FNV-1a, fed byte by byte while a name is being scanned.
struct NameHash {
  private(set) var value: UInt32 = 2_166_136_261

  @inline(__always)
  mutating func add(_ byte: UInt8) {
    value = (value ^ UInt32(byte)) &* 16_777_619
  }
}

extension UInt8 {
  static let space = UInt8(ascii: " ")
  static let newline = UInt8(ascii: "\n")
  static let colon = UInt8(ascii: ":")

  /// Whether it is a decimal digit.
  @inline(__always)
  var isDigit: Bool { self &- 0x30 < 10 }

  /// Whether it may stand in a C name; `.` as compilers add it to symbols.
  @inline(__always)
  var isName: Bool {
    (self | 0x20) &- UInt8(ascii: "a") < 26 || isDigit
      || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
  }
}
