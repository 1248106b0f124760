// SPDX-License-Identifier: Apache-2.0

/// Text that is printed byte by byte, so that a kernel without `String` can
/// print it.
enum PrintedText {
  /// Prints ASCII text.
  static func write(_ text: StaticString, to put: (UInt8) -> Void) {
    for index in 0..<text.utf8CodeUnitCount {
      put(unsafe text.utf8Start[index])
    }
  }

  /// Prints a number in hexadecimal, after `0x`, with no leading zeros.
  static func write(hex value: UInt64, to put: (UInt8) -> Void) {
    write("0x", to: put)
    let digits = max(1, (67 &- value.leadingZeroBitCount) / 4)
    for place in (0..<digits).reversed() {
      let digit = UInt8(
        truncatingIfNeeded: value &>> UInt64(place &* 4) & 15)
      put(digit < 10 ? 48 &+ digit : 87 &+ digit)
    }
  }
}
