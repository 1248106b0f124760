// SPDX-License-Identifier: Apache-2.0

/// Numbers and what they count, in words.
enum Words {
  /// "1 table", "2 tables".
  static func tables(_ count: Int) -> String { plural(count, "table") }

  /// "once", "2 times".
  static func times(_ count: UInt64) -> String {
    count == 1 ? "once" : "\(grouped(count)) times"
  }

  /// The number, with an s at the thing unless it is one.
  static func plural(_ count: Int, _ thing: String) -> String {
    "\(grouped(UInt64(max(0, count)))) \(thing)\(count == 1 ? "" : "s")"
  }

  private static func grouped(_ number: UInt64) -> String {
    var text = ""
    for (place, digit) in String(number).reversed().enumerated() {
      if place > 0 && place % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
