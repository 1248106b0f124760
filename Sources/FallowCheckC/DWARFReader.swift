// SPDX-License-Identifier: Apache-2.0

/// Reads the numbers that debug information is made of.
struct DWARFReader {
  private let bytes: [UInt8]
  /// Where it reads next.
  var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset >= bytes.count }

  /// A number of so many bytes, the lowest first; what is beyond the end
  /// reads as 0.
  mutating func number(_ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count {
      let byte = offset + index < bytes.count ? bytes[offset + index] : 0
      value |= UInt64(byte) << UInt64(8 * index)
    }
    offset += count
    return value
  }

  /// A number in groups of seven bits.
  mutating func unsigned() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      if byte & 0x80 == 0 || isAtEnd { return value }
    }
  }

  /// The same with a sign.
  mutating func signed() -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      guard byte & 0x80 == 0 || isAtEnd else { continue }
      if byte & 0x40 != 0, shift < 64 { value |= .max << shift }
      return Int64(bitPattern: value)
    }
  }

  /// Bytes up to a zero.
  mutating func string() -> String {
    let start = min(offset, bytes.count)
    let end = bytes[start...].firstIndex(of: 0) ?? bytes.count
    offset = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
