// SPDX-License-Identifier: Apache-2.0

/// The names behind a recording's symbols.
///
/// It holds at most ``capacity`` names, so that a damaged recording cannot
/// make it grow without end; what comes later is ``Symbol/other``.
public struct SymbolTable: Sendable {
  /// How many names there is room for.
  public static let capacity = 4096

  private var text: [UInt8] = []
  private var entries: [Entry] = []
  // Open addressing: an entry's index plus one, 0 where free. There are more
  // slots than names, so a probe always ends.
  private var slots = [UInt16](repeating: 0, count: 2 * capacity)

  private struct Entry {
    var start: UInt32
    var count: UInt32
  }

  /// Makes a table of the names that have a number of their own.
  public init() {
    self.init(Symbol.wellKnown)
  }

  /// Makes a table that numbers `names` from 0 in their order.
  init(_ names: [StaticString]) {
    for name in names {
      name.withUTF8Buffer { bytes in
        let line = unsafe LineBytes(bytes)
        _ = intern(line, from: 0, to: line.count, hash: line.hash)
      }
    }
  }

  /// How many names the table holds.
  public var count: Int { entries.count }

  /// The name of `symbol`; `?` for one of another table.
  ///
  /// - Parameter symbol: A symbol of this table.
  /// - Complexity: O(the name's length)
  public func name(of symbol: Symbol) -> String {
    let index = Int(symbol.rawValue)
    guard entries.indices.contains(index) else { return "?" }
    let entry = entries[index]
    let range = Int(entry.start)..<Int(entry.start + entry.count)
    return String(decoding: text[range], as: UTF8.self)
  }

  /// The number of the name in `line[start..<end]`, if the table has it.
  func find(
    _ line: LineBytes, from start: Int, to end: Int, hash: UInt32
  ) -> Symbol? {
    let index = Int(slots[slot(of: line, from: start, to: end, hash: hash)])
    return index == 0 ? nil : Symbol(rawValue: UInt32(index - 1))
  }

  /// The number of the name in `line[start..<end]`, a new one if need be.
  mutating func intern(
    _ line: LineBytes, from start: Int, to end: Int, hash: UInt32
  ) -> Symbol {
    let slot = slot(of: line, from: start, to: end, hash: hash)
    if slots[slot] != 0 { return Symbol(rawValue: UInt32(slots[slot] - 1)) }
    guard entries.count < Self.capacity else { return .other }
    entries.append(
      Entry(start: UInt32(text.count), count: UInt32(end - start)))
    for index in start..<end { text.append(line[index]) }
    slots[slot] = UInt16(entries.count)
    return Symbol(rawValue: UInt32(entries.count - 1))
  }

  /// The slot that holds the name, or the free one where it belongs.
  private func slot(
    of line: LineBytes, from start: Int, to end: Int, hash: UInt32
  ) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.count == end - start,
        isEqual(line, from: start, to: Int(entry.start), count: end - start)
      {
        break
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func isEqual(
    _ line: LineBytes, from start: Int, to other: Int, count: Int
  ) -> Bool {
    for index in 0..<count where line[start + index] != text[other + index] {
      return false
    }
    return true
  }
}
