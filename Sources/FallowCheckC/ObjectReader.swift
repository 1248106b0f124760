// SPDX-License-Identifier: Apache-2.0

/// Reads the numbers and strings that an object file is made of.
struct ObjectReader {
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
      let byte =
        bytes.indices.contains(offset + index) ? bytes[offset + index] : 0
      value |= UInt64(byte) << UInt64(8 * index)
    }
    offset += count
    return value
  }

  /// Bytes up to a zero.
  mutating func string() -> String {
    let start = min(offset, bytes.count)
    let end = bytes[start...].firstIndex(of: 0) ?? bytes.count
    offset = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
