// SPDX-License-Identifier: Apache-2.0

/// The running kernel's symbols, in the order of their addresses.
struct KernelSymbols {
  private let text: [UInt8]
  private let addresses: [UInt64]
  private let ranges: [Range<Int>]
  private let isText: [Bool]

  /// Parses the text of `/proc/kallsyms`.
  ///
  /// - Throws: ``RecordError/hiddenAddresses`` if no symbol has an address.
  /// - Complexity: O(n log n) in the symbols.
  init(_ text: [UInt8]) throws(RecordError) {
    var symbols: [(address: UInt64, name: Range<Int>, isText: Bool)] = []
    symbols.reserveCapacity(1 << 18)
    var start = 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      if let symbol = Self.symbol(text, start, end) { symbols.append(symbol) }
      start = end + 1
    }
    guard symbols.contains(where: { $0.address != 0 }) else {
      throw .hiddenAddresses
    }
    symbols.sort { $0.address < $1.address }
    self.text = text
    addresses = symbols.map(\.address)
    ranges = symbols.map(\.name)
    isText = symbols.map(\.isText)
  }

  /// `ADDRESS TYPE NAME`, and a module's name behind a tab.
  private static func symbol(
    _ text: [UInt8], _ start: Int, _ end: Int
  ) -> (address: UInt64, name: Range<Int>, isText: Bool)? {
    var address: UInt64 = 0
    var index = start
    while index < end, text[index] != UInt8(ascii: " ") {
      guard let digit = hexDigit(text[index]) else { return nil }
      address = address << 4 | UInt64(digit)
      index += 1
    }
    guard index > start, end - index > 3 else { return nil }
    let kind = text[index + 1] | 0x20
    let name = index + 3
    var nameEnd = name
    while nameEnd < end, text[nameEnd] != UInt8(ascii: "\t") { nameEnd += 1 }
    return (address, name..<nameEnd, kind == UInt8(ascii: "t"))
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte & 0xF
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private func name(_ index: Int) -> String {
    String(decoding: text[ranges[index]], as: UTF8.self)
  }

  /// The address of the symbol of this name; nil if there is none.
  ///
  /// - Complexity: O(symbols)
  func address(of name: String) -> UInt64? {
    let wanted = Array(name.utf8)
    return ranges.indices.first {
      ranges[$0].count == wanted.count
        && text[ranges[$0]].elementsEqual(wanted)
    }.map { addresses[$0] }
  }

  /// The addresses of a function and of the copies that the compiler made of
  /// it: `name`, `name.constprop.0`, `name.isra.0`; not its cold parts.
  ///
  /// - Complexity: O(symbols)
  func functions(_ name: String) -> [UInt64] {
    let wanted = Array(name.utf8)
    return ranges.indices.filter { index in
      let found = text[ranges[index]]
      guard isText[index], found.starts(with: wanted) else { return false }
      let rest = found.dropFirst(wanted.count)
      return rest.isEmpty
        || rest.first == UInt8(ascii: ".") && !rest.starts(with: ".cold".utf8)
    }.map { addresses[$0] }
  }

  /// The index of the last symbol at or before `address`.
  private func last(at address: UInt64) -> Int? {
    var low = 0
    var high = addresses.count
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] <= address {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low > 0 ? low - 1 : nil
  }

  /// The function that an address lies in: its name, and where it begins and
  /// ends.
  ///
  /// - Complexity: O(log n)
  func function(
    at address: UInt64
  ) -> (name: String, range: Range<UInt64>)? {
    guard let last = last(at: address), last + 1 < addresses.count else {
      return nil
    }
    let start = addresses[last]
    var first = last
    while first > 0, addresses[first - 1] == start { first -= 1 }
    let best = (first...last).first { isText[$0] } ?? first
    return (name(best), start..<addresses[last + 1])
  }

  /// An address as `function+0x1c`; in hexadecimal if it is in none.
  func place(of address: UInt64) -> String {
    guard let function = function(at: address) else {
      return "0x" + String(address, radix: 16)
    }
    return function.name + "+0x"
      + String(address - function.range.lowerBound, radix: 16)
  }
}
