// SPDX-License-Identifier: Apache-2.0

/// The words of a line, for layouts that are not read byte by byte.
struct LineTokens {
  /// A word: where it begins, and the index past its end.
  typealias Token = Range<Int>

  /// The words, in order; no more than ``limit`` of them.
  let tokens: [Token]

  private static let limit = 40
  private let line: LineBytes

  /// Splits `line` at spaces and tabs.
  init(_ line: LineBytes) {
    self.line = line
    var tokens: [Token] = []
    var index = 0
    while index < line.count, tokens.count < Self.limit {
      while index < line.count, Self.isBlank(line[index]) { index += 1 }
      let start = index
      while index < line.count, !Self.isBlank(line[index]) { index += 1 }
      if index > start { tokens.append(start..<index) }
    }
    self.tokens = tokens
  }

  /// The decimal number that is the whole of a word, or of a part of it.
  func number(_ part: Range<Int>) -> UInt64? {
    guard !part.isEmpty, part.count < 20 else { return nil }
    var value: UInt64 = 0
    for index in part {
      guard line[index].isDigit else { return nil }
      value = value * 10 + UInt64(line[index] & 0xF)
    }
    return value
  }

  /// The hexadecimal number, without a prefix, that is the whole of a word.
  func hexadecimal(_ part: Range<Int>) -> UInt64? {
    guard !part.isEmpty, part.count <= 16 else { return nil }
    var value: UInt64 = 0
    for index in part {
      guard let digit = line[index].hexadecimalDigit else { return nil }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  /// Seconds with a fraction, as nanoseconds.
  func seconds(_ part: Range<Int>) -> UInt64? {
    guard
      let dot = part.first(where: { line[$0] == UInt8(ascii: ".") }),
      dot - part.lowerBound <= 10, (1...9).contains(part.upperBound - dot - 1),
      let whole = number(part.lowerBound..<dot),
      var fraction = number(dot + 1..<part.upperBound)
    else { return nil }
    for _ in (part.upperBound - dot - 1)..<9 { fraction *= 10 }
    return whole * 1_000_000_000 + fraction
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == .space || byte == UInt8(ascii: "\t")
  }
}

extension UInt8 {
  /// The value of a lower-case hexadecimal digit.
  var hexadecimalDigit: UInt8? {
    if isDigit { return self & 0xF }
    let letter = self &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : nil
  }
}
