// SPDX-License-Identifier: Apache-2.0

/// Numbers as a person reads them.
public enum Numbers {
  /// A count, its thousands set apart: `12,788`.
  public static func count(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A count and what it counts, in the plural unless it is one: `2 tables`.
  public static func count(_ value: Int, of thing: String) -> String {
    "\(count(value)) \(thing)\(value == 1 ? "" : "s")"
  }

  /// How often: `once`, `2 times`.
  public static func times(_ value: Int) -> String {
    value == 1 ? "once" : "\(count(value)) times"
  }

  /// A small number by its first digit and its power of ten: `8e-18`.
  ///
  /// - Precondition: `value` is finite and not negative.
  public static func magnitude(_ value: Double) -> String {
    if value == 0 { return "0" }
    var digit = value
    var power = 0
    while digit < 1 {
      digit *= 10
      power -= 1
    }
    while digit >= 9.5 {
      digit /= 10
      power += 1
    }
    // 9.5 became 0.95, which is 1.
    return "\(Int(digit.rounded()))" + (power == 0 ? "" : "e\(power)")
  }

  /// A ratio with two decimals: `0.85`.
  public static func ratio(_ value: Double) -> String {
    decimal(value, places: 2)
  }

  /// A stretch of nanoseconds in the unit that fits: `1.02 ms`.
  public static func duration(_ nanoseconds: UInt64) -> String {
    let value = Double(nanoseconds)
    return switch nanoseconds {
    case ..<1_000: "\(nanoseconds) ns"
    case ..<1_000_000: "\(decimal(value / 1e3, places: 1)) us"
    case ..<1_000_000_000: "\(decimal(value / 1e6, places: 2)) ms"
    default: "\(decimal(value / 1e9, places: 2)) s"
    }
  }

  /// A time of a recording in seconds, to the microsecond: `8.529369 s`.
  public static func time(_ nanoseconds: UInt64) -> String {
    let micros = nanoseconds / 1_000
    let fraction = String(micros % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.count)
    return "\(micros / 1_000_000).\(zeros)\(fraction) s"
  }

  /// An address: `0xffffd33a80615000`.
  public static func address(_ value: UInt64) -> String {
    "0x" + String(value, radix: 16)
  }

  private static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = UInt64((value * scale).rounded())
    let unit = UInt64(scale)
    let fraction = String(scaled % unit)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return "\(scaled / unit).\(zeros)\(fraction)"
  }
}
