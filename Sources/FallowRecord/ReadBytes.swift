// SPDX-License-Identifier: Apache-2.0

/// Little-endian integers in bytes that come from outside.
///
/// What lies past the end reads as 0, so that a damaged table of offsets
/// cannot lead out of the bytes.
struct ReadBytes {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The integer at `offset`; 0 if it is not within the bytes.
  func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    let size = Value.bitWidth / 8
    guard offset >= 0, offset <= bytes.count - size else { return 0 }
    var value: Value = 0
    for index in (0..<size).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: bytes[offset + index])
    }
    return value
  }

  /// The text at `offset` up to a zero byte.
  func text(at offset: Int) -> String {
    guard bytes.indices.contains(offset) else { return "" }
    return String(
      decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
  }
}
