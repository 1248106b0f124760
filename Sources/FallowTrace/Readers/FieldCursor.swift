// SPDX-License-Identifier: Apache-2.0

/// Reads an event's fields by name, in the order in which they are wanted.
///
/// Wanted in the order of the line, each byte is looked at once; a field that
/// stands elsewhere is found all the same. What is missing or ill-formed
/// clears ``isWhole``, so that a caller reads all fields and asks once.
struct FieldCursor {
  /// Whether every field that was asked for was there and well-formed.
  private(set) var isWhole = true

  /// The first field that was asked for and is not there.
  private(set) var firstMissing: StaticString?

  private let line: LineBytes
  private let first: Int
  private var index: Int

  /// Makes a cursor over what follows the colon of the event's name.
  ///
  /// A probed event begins with its address in parentheses, which is skipped.
  @inline(__always)
  init(_ line: LineBytes, from start: Int) {
    self.line = line
    index = line.skipSpaces(from: start)
    if line[index] == UInt8(ascii: "(") {
      if let end = line.firstIndex(of: UInt8(ascii: ")"), from: index) {
        index = line.skipSpaces(from: end + 1)
      } else {
        isWhole = false
      }
    }
    first = index
  }

  /// The number that stands behind `key`: `key=…`, `key: …` or `key …`.
  ///
  /// Hexadecimal with `0x`, else decimal; a negative one as its two's
  /// complement.
  @inline(__always)
  mutating func number(_ key: StaticString) -> UInt64 {
    seek(key) ? valueHere() : 0
  }

  @inline(__always)
  private mutating func valueHere() -> UInt64 {
    if !line[index].isDigit && line[index] != UInt8(ascii: "-") {
      return valueBehindSymbol()
    }
    return numberHere()
  }

  /// The trace option `fields` prints an address as a symbol, and its decimal
  /// value in parentheses behind it.
  @inline(never)
  private mutating func valueBehindSymbol() -> UInt64 {
    guard line[index].isName,
      let open = line.firstIndex(of: UInt8(ascii: "("), from: index),
      let close = line.firstIndex(of: UInt8(ascii: ")"), from: open),
      !(index..<open).contains(where: { line[$0] == UInt8(ascii: "=") })
    else {
      isWhole = false
      return 0
    }
    index = open + 1
    let isNegative = line[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let value = decimal(endsAt: UInt8(ascii: ")"))
    index = close + 1
    return isNegative ? 0 &- value : value
  }

  @inline(__always)
  private mutating func numberHere() -> UInt64 {
    let isNegative = line[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let isHexadecimal =
      line[index] == UInt8(ascii: "0")
      && line[index + 1] | 0x20 == UInt8(ascii: "x")
    let value = isHexadecimal ? hexadecimal() : decimal()
    return isNegative ? 0 &- value : value
  }

  /// The number behind `key`, or else behind one of its other names.
  @inline(__always)
  mutating func number(
    _ key: StaticString, or first: StaticString, _ second: StaticString = ""
  ) -> UInt64 {
    if isAt(key) { return valueHere() }
    for name in [key, first, second] where name.utf8CodeUnitCount > 0 {
      if isSomewhere(name) { return valueHere() }
    }
    return number(key)
  }

  /// The number behind `key`; 0 if there is no such field.
  mutating func numberIfAny(_ key: StaticString) -> UInt64 {
    isAt(key) || isSomewhere(key) ? valueHere() : 0
  }

  /// A number that must be from 0 to `limit`.
  @inline(__always)
  mutating func small(_ key: StaticString, upTo limit: UInt64) -> Int {
    let value = number(key)
    guard value <= limit else {
      isWhole = false
      return 0
    }
    return Int(value)
  }

  /// The function, and the offset into it, that stands behind `key`.
  @inline(__always)
  mutating func callSite(
    _ key: StaticString, _ symbols: inout SymbolTable
  ) -> CallSite {
    guard seek(key) else { return CallSite(symbol: .other, offset: 0) }
    return callSite(endsAt: UInt8(ascii: "/"), &symbols)
  }

  /// The call sites behind `key`, separated by `<`; at most `limit` of them.
  mutating func callSites(
    _ key: StaticString, upTo limit: Int, _ symbols: inout SymbolTable
  ) -> [CallSite] {
    guard seek(key) else { return [] }
    var sites: [CallSite] = []
    repeat {
      sites.append(callSite(endsAt: UInt8(ascii: "<"), &symbols))
    } while isWhole && sites.count < limit
      && line[index - 1] == UInt8(ascii: "<")
    return sites
  }

  @inline(__always)
  private mutating func callSite(
    endsAt stop: UInt8, _ symbols: inout SymbolTable
  ) -> CallSite {
    let start = index
    var hash = NameHash()
    while line[index].isName {
      hash.add(line[index])
      index += 1
    }
    guard index > start else {
      isWhole = false
      return CallSite(symbol: .other, offset: 0)
    }
    let symbol = symbols.intern(
      line, from: start, to: index, hash: hash.value)
    var offset: UInt64 = 0
    if line.has("+0x", at: index) {
      index += 1
      offset = hexadecimal(endsAt: stop)
    } else {
      checkEnd()
    }
    return CallSite(
      symbol: symbol, offset: UInt32(truncatingIfNeeded: offset))
  }

  /// Whether the field behind `key` reads `text`.
  @inline(__always)
  mutating func equals(_ key: StaticString, _ text: StaticString) -> Bool {
    guard seek(key), line.has(text, at: index) else { return false }
    index += text.utf8CodeUnitCount
    // With the trace option `fields`, an offset follows.
    return line[index] == .space || index == line.count
      || line.has("+0x0/", at: index)
  }

  /// Puts the index behind `key`, wherever it is.
  @inline(__always)
  private mutating func seek(_ key: StaticString) -> Bool {
    if isAt(key) { return true }
    if isSomewhere(key) { return true }
    isWhole = false
    if firstMissing == nil { firstMissing = key }
    return false
  }

  private mutating func isSomewhere(_ key: StaticString) -> Bool {
    let start = index
    if seek(key, from: index) || seek(key, from: first) { return true }
    index = start
    return false
  }

  private mutating func seek(_ key: StaticString, from start: Int) -> Bool {
    index = line.skipSpaces(from: start)
    while index < line.count {
      if isAt(key) { return true }
      guard let space = line.firstIndex(of: .space, from: index) else {
        return false
      }
      index = line.skipSpaces(from: space)
    }
    return false
  }

  /// Steps over `key` and what separates it from its value.
  @inline(__always)
  private mutating func isAt(_ key: StaticString) -> Bool {
    let start = line.skipSpaces(from: index)
    guard line.has(key, at: start) else { return false }
    let end = start + key.utf8CodeUnitCount
    if line[end] == UInt8(ascii: "=") {
      index = end + 1
      return true
    }
    guard line[end] == .colon || line[end] == .space else { return false }
    index = line.skipSpaces(from: end + 1)
    return true
  }

  @inline(__always)
  private mutating func hexadecimal(endsAt stop: UInt8 = .space) -> UInt64 {
    let start = index + 2
    index = start
    var value: UInt64 = 0
    while true {
      let byte = line[index]
      let digit: UInt8
      if byte.isDigit {
        digit = byte & 0xF
      } else if (byte | 0x20) &- UInt8(ascii: "a") < 6 {
        digit = (byte & 0xF) + 9
      } else {
        break
      }
      value = value << 4 | UInt64(digit)
      index += 1
    }
    let count = index - start
    if count == 0 || count > 16 { isWhole = false }
    if line[index] == stop { index += 1 } else { checkEnd() }
    return value
  }

  @inline(__always)
  private mutating func decimal(endsAt stop: UInt8 = .space) -> UInt64 {
    let start = index
    var value: UInt64 = 0
    while line[index].isDigit {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(
        UInt64(line[index] & 0xF))
      if overflow || carry { isWhole = false }
      value = sum
      index += 1
    }
    if index == start { isWhole = false }
    if line[index] != stop { checkEnd() }
    return value
  }

  /// A value ends with the line or at a space.
  @inline(__always)
  private mutating func checkEnd() {
    if index < line.count, line[index] != .space { isWhole = false }
  }
}
