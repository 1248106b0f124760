// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The sections of an ELF file for 64 bits that hold debug information.
///
/// Formats: System V ABI, chapters "Object Files" and "Sections".
struct ObjectFile {
  private let bytes: [UInt8]
  private let sections: [String: Range<Int>]

  /// Reads a file; nil if it is none.
  init?(_ path: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      return nil
    }
    let bytes = [UInt8](data)
    self.bytes = bytes
    var header = DWARFReader(bytes)
    guard bytes.count > 64, bytes[0] == 0x7f else { return nil }
    header.offset = 40
    let table = Int(header.number(8))
    header.offset = 58
    let size = Int(header.number(2))
    let count = Int(header.number(2))
    let names = Int(header.number(2))
    func section(_ index: Int) -> (name: Int, range: Range<Int>) {
      var reader = DWARFReader(bytes)
      reader.offset = table + index * size
      let name = Int(reader.number(4))
      let kind = Int(reader.number(4))
      reader.offset += 16
      let start = Int(reader.number(8))
      let length = Int(reader.number(8))
      // What takes no room in the file has no bytes.
      return (name, kind == 8 ? start..<start : start..<(start + length))
    }
    guard table > 0, table + count * size <= bytes.count else { return nil }
    let strings = section(names).range.lowerBound
    var found: [String: Range<Int>] = [:]
    for index in 0..<count {
      let section = section(index)
      var reader = DWARFReader(bytes)
      reader.offset = strings + section.name
      if section.range.upperBound <= bytes.count {
        found[reader.string()] = section.range
      }
    }
    sections = found
  }

  /// The bytes of a section; none if there is no such section.
  subscript(name: String) -> [UInt8] {
    sections[name].map { Array(bytes[$0]) } ?? []
  }
}

/// Reads the numbers that debug information is made of.
struct DWARFReader {
  private let bytes: [UInt8]
  /// Where it reads next.
  var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset >= bytes.count }

  /// A number of so many bytes, the lowest first; what is beyond the end
  /// reads as 0.
  mutating func number(_ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count {
      let byte = offset + index < bytes.count ? bytes[offset + index] : 0
      value |= UInt64(byte) << UInt64(8 * index)
    }
    offset += count
    return value
  }

  /// A number in groups of seven bits.
  mutating func unsigned() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      if byte & 0x80 == 0 || isAtEnd { return value }
    }
  }

  /// The same with a sign.
  mutating func signed() -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      guard byte & 0x80 == 0 || isAtEnd else { continue }
      if byte & 0x40 != 0, shift < 64 { value |= .max << shift }
      return Int64(bitPattern: value)
    }
  }

  /// Bytes up to a zero.
  mutating func string() -> String {
    let start = min(offset, bytes.count)
    let end = bytes[start...].firstIndex(of: 0) ?? bytes.count
    offset = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
