import CMachine

/// The serial line: text and numbers, nothing allocated.
package enum Console {
  /// Writes text.
  package static func write(_ text: StaticString) {
    for offset in 0..<text.utf8CodeUnitCount {
      machine_put_byte(unsafe text.utf8Start[offset])
    }
  }

  /// Writes a number in decimal.
  package static func write(_ number: UInt64) {
    if number >= 10 { write(number / 10) }
    machine_put_byte(UInt8(truncatingIfNeeded: 48 &+ number % 10))
  }

  /// Writes a number in hexadecimal.
  package static func writeHexadecimal(_ number: UInt64) {
    write("0x")
    for digit in 0..<16 {
      let value = UInt8(
        truncatingIfNeeded: number &>> UInt64(60 &- digit &* 4) & 15)
      machine_put_byte(value < 10 ? 48 &+ value : 87 &+ value)
    }
  }
}
