// SPDX-License-Identifier: Apache-2.0

/// A unit of debug information: what its header says, and where its parts of
/// other sections begin.
///
/// Formats: DWARF Debugging Information Format, versions 4 and 5, sections 7.4
/// and 7.5.1.
struct DebugUnit {
  /// The sections that a unit refers to.
  struct Sections {
    let info: DebugSection
    let abbreviations: DebugSection
    let addresses: DebugSection
    let stringNumbers: DebugSection
    let ranges: DebugSection
    let rangeLists: DebugSection
    let places: DebugSection
    let placeLists: DebugSection
    let strings: DebugForm.Strings

    init(_ object: ObjectFile) {
      info = DebugSection(".debug_info", of: object)
      abbreviations = DebugSection(".debug_abbrev", of: object)
      addresses = DebugSection(".debug_addr", of: object)
      stringNumbers = DebugSection(".debug_str_offsets", of: object)
      ranges = DebugSection(".debug_ranges", of: object)
      rangeLists = DebugSection(".debug_rnglists", of: object)
      places = DebugSection(".debug_loc", of: object)
      placeLists = DebugSection(".debug_loclists", of: object)
      strings = DebugForm.Strings(object)
    }
  }

  let sections: Sections
  let version: UInt64
  /// Where the unit begins.
  let start: Int
  /// How long offsets are.
  let width: Int
  /// Where the abbreviations begin.
  let abbreviations: UInt64
  /// The signature of the type that it is for, and where that is.
  let type: (signature: UInt64, entry: UInt64)?

  // What the entry of the unit itself says.
  /// What addresses of ranges are counted from.
  var base: UInt64 = 0
  /// Where its lines begin.
  var lines: UInt64?
  var addressesBase: UInt64
  var stringsBase: UInt64
  var rangesBase: UInt64
  var placesBase: UInt64

  /// Reads a header; nil if the unit is of another version.
  init?(
    _ cursor: inout DebugCursor, from start: Int, width: Int,
    _ sections: Sections
  ) throws(CCheckError) {
    self.sections = sections
    self.start = start
    self.width = width
    version = try cursor.number(2)
    guard version == 4 || version == 5 else { return nil }
    var kind: UInt64 = 0
    let addressSize: UInt64
    if version == 5 {
      kind = try cursor.number(1)
      addressSize = try cursor.number(1)
      abbreviations = try cursor.number(width)
    } else {
      abbreviations = try cursor.number(width)
      addressSize = try cursor.number(1)
    }
    guard addressSize == 8 else {
      throw cursor.damage("addresses of \(addressSize) bytes")
    }
    switch kind {
    case 2, 6:
      let signature = try cursor.number(8)
      type = (signature, try cursor.number(width) &+ UInt64(start))
    case 4, 5:
      _ = try cursor.number(8)
      type = nil
    default: type = nil
    }
    // Behind the header of each section.
    let header: UInt64 = width == 8 ? 16 : 8
    addressesBase = header
    stringsBase = header
    rangesBase = header + 4
    placesBase = header + 4
  }

  // MARK: Numbers in tables

  /// The address with a number.
  func address(_ number: UInt64) throws(CCheckError) -> UInt64 {
    try entry(number, of: sections.addresses, from: addressesBase, width: 8)
  }

  /// The string with a number.
  func text(_ number: UInt64) throws(CCheckError) -> String {
    let place = try entry(
      number, of: sections.stringNumbers, from: stringsBase, width: width)
    return try sections.strings.ordinary.string(at: place)
  }

  private func entry(
    _ number: UInt64, of section: DebugSection, from base: UInt64, width: Int
  ) throws(CCheckError) -> UInt64 {
    guard number < UInt64(section.bytes.count) else {
      throw section.damage(at: base, "it has no entry \(number)")
    }
    var cursor = try section.cursor(at: base &+ number * UInt64(width))
    return try cursor.number(width)
  }

  /// Where a list begins: at a place, or where a table of places says.
  private func list(
    _ value: DebugValue, of section: DebugSection, from base: UInt64
  ) throws(CCheckError) -> DebugCursor? {
    switch value {
    case .place(let place): return try section.cursor(at: place)
    case .number(let place) where version == 4:
      return try section.cursor(at: place)
    case .listNumber(let number):
      let offset = try entry(number, of: section, from: base, width: width)
      return try section.cursor(at: base &+ offset)
    case .none, .number, .address, .addressNumber, .text, .textNumber, .entry,
      .signature, .expression:
      return nil
    }
  }

  // MARK: Lists

  /// The places of the text that a list names.
  func ranges(_ value: DebugValue) throws(CCheckError) -> [Range<UInt64>] {
    let section = version == 5 ? sections.rangeLists : sections.ranges
    guard var cursor = try list(value, of: section, from: rangesBase) else {
      return []
    }
    var found: [Range<UInt64>] = []
    try readList(&cursor, hasExpressions: false) { range, _ in
      found.append(range)
    }
    return found
  }

  /// The expressions that a list has, each with the places of the text where it
  /// holds.
  func expressions(
    _ value: DebugValue
  ) throws(CCheckError) -> [(range: Range<UInt64>, expression: DebugCursor)] {
    let section = version == 5 ? sections.placeLists : sections.places
    guard var cursor = try list(value, of: section, from: placesBase) else {
      return []
    }
    var found: [(Range<UInt64>, DebugCursor)] = []
    try readList(&cursor, hasExpressions: true) { range, expression in
      if let expression { found.append((range, expression)) }
    }
    return found
  }

  private func readList(
    _ cursor: inout DebugCursor, hasExpressions: Bool,
    _ body: (Range<UInt64>, DebugCursor?) -> Void
  ) throws(CCheckError) {
    var base = base
    func add(_ start: UInt64, _ end: UInt64) throws(CCheckError) {
      var expression: DebugCursor?
      if hasExpressions {
        let length =
          version == 5 ? try cursor.unsigned() : try cursor.number(2)
        expression = try cursor.part(length)
      }
      body(start..<max(start, end), expression)
    }
    while true {
      if version == 4 {
        let start = try cursor.number(8)
        let end = try cursor.number(8)
        if start == 0 && end == 0 { return }
        if start == .max {
          base = end
        } else {
          try add(base &+ start, base &+ end)
        }
        continue
      }
      let code = try cursor.number(1)
      if hasExpressions, code == 5 {
        try add(0, .max)
        continue
      }
      // Lists of ranges have no such entry.
      switch hasExpressions && code > 5 ? code - 1 : code {
      case 0: return
      case 1: base = try address(try cursor.unsigned())
      case 2:
        let start = try address(try cursor.unsigned())
        try add(start, try address(try cursor.unsigned()))
      case 3:
        let start = try address(try cursor.unsigned())
        try add(start, start &+ (try cursor.unsigned()))
      case 4:
        let start = try cursor.unsigned()
        try add(base &+ start, base &+ (try cursor.unsigned()))
      case 5: base = try cursor.number(8)
      case 6:
        let start = try cursor.number(8)
        try add(start, try cursor.number(8))
      case 7:
        let start = try cursor.number(8)
        try add(start, start &+ (try cursor.unsigned()))
      default: throw cursor.damage("\(code) is no entry of a list")
      }
    }
  }
}
