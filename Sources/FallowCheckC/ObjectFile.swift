// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import Foundation

/// An ELF file for 64 bits: its sections and its symbols.
///
/// Formats: System V ABI, chapters "Object Files" and "Sections"; the numbers of
/// x86-64 from its processor supplement.
struct ObjectFile {
  /// A section: its name, its `sh_type`, its `sh_info`, and its bytes.
  struct Section {
    var name: String
    var kind: UInt64
    var isLoaded: Bool
    var link: Int
    var info: Int
    var range: Range<Int>
  }

  /// A symbol, with the number of the section that defines it; 0 if none does.
  struct Symbol {
    var name: String
    var isLocal: Bool
    var isFunction: Bool
    var section: Int
    var value: UInt64
    var size: UInt64
  }

  private let bytes: [UInt8]
  let sections: [Section]
  /// Whether it was made for x86-64.
  let isForX86: Bool
  /// Whether it is what a compiler makes of one file, not yet linked.
  let isRelocatable: Bool

  private static let noBits: UInt64 = 8
  private static let allocated: UInt64 = 2

  /// Reads a file; nil if it is none.
  init?(_ path: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      return nil
    }
    self.init([UInt8](data))
  }

  /// Reads the bytes of a file; nil if it is none.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count > 64, bytes.starts(with: Array("\u{7f}ELF".utf8)) else {
      return nil
    }
    var header = ObjectReader(bytes)
    header.offset = 16
    isRelocatable = header.number(2) == 1
    // A header for 32 bits has other offsets.
    isForX86 = header.number(2) == 62 && bytes[4] == 2
    header.offset = 40
    let table = Int(truncatingIfNeeded: header.number(8))
    header.offset = 58
    let size = Int(header.number(2))
    let count = Int(header.number(2))
    let names = Int(header.number(2))
    guard isForX86 else {
      sections = []
      return
    }
    guard table > 0, table <= bytes.count,
      table + count * size <= bytes.count, names < count
    else { return nil }
    func section(_ index: Int) -> (name: Int, section: Section)? {
      var reader = ObjectReader(bytes)
      reader.offset = table + index * size
      let name = Int(reader.number(4))
      let kind = reader.number(4)
      let flags = reader.number(8)
      reader.offset += 8
      let start = Int(truncatingIfNeeded: reader.number(8))
      let length = Int(truncatingIfNeeded: reader.number(8))
      let link = Int(reader.number(4))
      let info = Int(reader.number(4))
      guard (0...bytes.count).contains(start),
        kind == Self.noBits || (0...(bytes.count - start)).contains(length)
      else { return nil }
      // What takes no room in the file has no bytes.
      return (
        name,
        Section(
          name: "", kind: kind, isLoaded: flags & Self.allocated != 0,
          link: link, info: info,
          range: kind == Self.noBits ? start..<start : start..<(start + length))
      )
    }
    guard let strings = section(names)?.section.range.lowerBound else {
      return nil
    }
    var found: [Section] = []
    for index in 0..<count {
      guard let read = section(index) else { return nil }
      var reader = ObjectReader(bytes)
      reader.offset = strings + read.name
      found.append(read.section)
      found[index].name = reader.string()
    }
    sections = found
  }

  /// The bytes of a section; none if there is no such section.
  subscript(name: String) -> [UInt8] {
    sections.first { $0.name == name }.map { Array(bytes[$0.range]) } ?? []
  }

  /// A reader of a section.
  func reader(of section: Section) -> ObjectReader {
    ObjectReader(Array(bytes[section.range]))
  }

  /// The symbols of the file, each at its own number.
  var symbols: [Symbol] {
    let tableOfSymbols: UInt64 = 2
    guard let table = sections.first(where: { $0.kind == tableOfSymbols }),
      sections.indices.contains(table.link)
    else { return [] }
    var reader = reader(of: table)
    var strings = self.reader(of: sections[table.link])
    var found: [Symbol] = []
    while !reader.isAtEnd {
      strings.offset = Int(reader.number(4))
      let info = reader.number(1)
      reader.offset += 1
      found.append(
        Symbol(
          name: strings.string(), isLocal: info >> 4 == 0,
          isFunction: info & 0xf == 2, section: Int(reader.number(2)),
          value: reader.number(8), size: reader.number(8)))
    }
    return found
  }

  /// A number that differs wherever what is loaded does.
  var fingerprint: UInt64 {
    var hash = ByteHash()
    for section in sections where section.isLoaded {
      hash.add(bytes[section.range])
    }
    return hash.value
  }
}
