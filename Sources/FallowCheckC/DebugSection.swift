// SPDX-License-Identifier: Apache-2.0

/// A section of debug information; what is damaged in it is an error that names
/// it.
struct DebugSection {
  let name: String
  let bytes: [UInt8]

  /// A section of an object; empty if there is none.
  init(_ name: String, of object: ObjectFile) {
    self.name = name
    bytes = object[name]
  }

  /// A reader that begins at a place and ends where the section does.
  func cursor(at offset: UInt64 = 0) throws(CCheckError) -> DebugCursor {
    guard offset <= UInt64(bytes.count) else {
      throw damage(at: offset, "it ends before that")
    }
    return DebugCursor(self, Int(offset)..<bytes.count)
  }

  /// The string at a place.
  func string(at offset: UInt64) throws(CCheckError) -> String {
    var cursor = try cursor(at: offset)
    return try cursor.string()
  }

  /// An error that names the section.
  func damage(at offset: UInt64, _ what: String) -> CCheckError {
    CCheckError(
      "the debug information is damaged: \(name), byte \(offset): \(what)")
  }
}

/// Reads what a section of debug information is made of, and never beyond its
/// end.
struct DebugCursor {
  let section: DebugSection
  /// Where it reads next.
  private(set) var offset: Int
  let end: Int

  init(_ section: DebugSection, _ range: Range<Int>) {
    self.section = section
    offset = range.lowerBound
    end = range.upperBound
  }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset >= end }

  /// An error that names the section and the place.
  func damage(_ what: String) -> CCheckError {
    section.damage(at: UInt64(offset), what)
  }

  /// A number of so many bytes, the lowest first.
  mutating func number(_ count: Int) throws(CCheckError) -> UInt64 {
    guard count <= end - offset else { throw damage("it ends too early") }
    var value: UInt64 = 0
    for index in 0..<count {
      value |= UInt64(section.bytes[offset + index]) << UInt64(8 * index)
    }
    offset += count
    return value
  }

  /// A number in groups of seven bits.
  mutating func unsigned() throws(CCheckError) -> UInt64 {
    try groups().value
  }

  /// The same with a sign, which is the highest bit of the last group.
  mutating func signed() throws(CCheckError) -> Int64 {
    let (value, bits, last) = try groups()
    let isNegative = last & 0x40 != 0 && bits < 64
    return Int64(bitPattern: isNegative ? value | .max << bits : value)
  }

  /// A number in groups of seven bits, how many bits of it are given, and the
  /// last group.
  private mutating func groups() throws(CCheckError) -> (
    value: UInt64, bits: UInt64, last: UInt64
  ) {
    var value: UInt64 = 0
    var bits: UInt64 = 0
    while true {
      let byte = try number(1)
      if bits < 64 { value |= (byte & 0x7f) << bits }
      bits = min(bits + 7, 64)
      if byte & 0x80 == 0 { return (value, bits, byte) }
    }
  }

  /// Bytes up to a zero.
  mutating func string() throws(CCheckError) -> String {
    guard let zero = section.bytes[offset..<end].firstIndex(of: 0) else {
      throw damage("a string has no end")
    }
    defer { offset = zero + 1 }
    return String(decoding: section.bytes[offset..<zero], as: UTF8.self)
  }

  /// A reader of the next bytes, which are left out here.
  mutating func part(_ count: UInt64) throws(CCheckError) -> DebugCursor {
    guard count <= UInt64(end - offset) else {
      throw damage("\(count) bytes are more than are left")
    }
    defer { offset += Int(count) }
    return DebugCursor(section, offset..<(offset + Int(count)))
  }

  /// A length in 4 bytes, or in 12; and how long offsets are after it.
  mutating func length() throws(CCheckError) -> (length: UInt64, width: Int) {
    let length = try number(4)
    if length == 0xffff_ffff { return (try number(8), 8) }
    guard length < 0xffff_fff0 else {
      throw damage("\(length) is no length")
    }
    return (length, 4)
  }
}
