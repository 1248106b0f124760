// SPDX-License-Identifier: Apache-2.0

/// What a program calls its variables, the members of its types, and its
/// functions.
///
/// Formats: DWARF Debugging Information Format, versions 4 and 5, section 7.
struct DebugInfo {
  private typealias Tag = DebugEntry.Tag

  private(set) var entries: [Int: DebugEntry] = [:]
  private var units: [DebugUnit] = []
  /// The variables, or parts of them, that stand at a fixed address, in its
  /// order.
  private var variables: [(part: DebugPlace.Part, entry: Int)] = []
  private var functions: [UInt64: String] = [:]
  private var bodies: [(text: Range<UInt64>, entry: Int)] = []
  private var structures: [String: Int] = [:]

  /// What an object has; units of other versions are left out.
  ///
  /// - Throws: Which section is damaged, and where.
  init(_ object: ObjectFile) throws(CCheckError) {
    let sections = DebugUnit.Sections(object)
    var cursor = try sections.info.cursor()
    var signatures: [UInt64: Int] = [:]
    var tables: [UInt64: [UInt64: DebugAbbreviation]] = [:]
    while !cursor.isAtEnd {
      let start = cursor.offset
      let (length, width) = try cursor.length()
      var rest = try cursor.part(length)
      guard
        let unit = try DebugUnit(&rest, from: start, width: width, sections)
      else { continue }
      if let type = unit.type {
        signatures[type.signature] = Int(truncatingIfNeeded: type.entry)
      }
      if tables[unit.abbreviations] == nil {
        tables[unit.abbreviations] = try DebugAbbreviation.table(
          in: sections.abbreviations, at: unit.abbreviations)
      }
      try read(unit, &rest, tables[unit.abbreviations] ?? [:])
    }
    complete(signatures)
    try sections.info.checkNesting(of: entries)
    for (offset, entry) in entries { note(entry, at: offset) }
    variables.sort { $0.part.address < $1.part.address }
  }

  private mutating func read(
    _ header: DebugUnit, _ cursor: inout DebugCursor,
    _ table: [UInt64: DebugAbbreviation]
  ) throws(CCheckError) {
    var unit = header
    let number = units.count
    var parents: [Int] = []
    var isFirst = true
    while !cursor.isAtEnd {
      let offset = cursor.offset
      let code = try cursor.unsigned()
      if code == 0 {
        _ = parents.popLast()
        continue
      }
      guard let kind = table[code] else {
        throw cursor.damage("there is no abbreviation \(code)")
      }
      var values: [(UInt64, DebugValue)] = []
      for (attribute, form) in kind.attributes {
        let value = try form.value(
          &cursor, width: unit.width, unit: unit.start, unit.sections.strings)
        values.append((attribute, value))
      }
      entries[offset] = try DebugEntry(
        kind.tag, values, of: &unit, number: number, isUnit: isFirst)
      isFirst = false
      if let parent = parents.last { entries[parent]?.children.append(offset) }
      if kind.hasChildren { parents.append(offset) }
    }
    units.append(unit)
  }

  /// Gives entries what others say of them.
  private mutating func complete(_ signatures: [UInt64: Int]) {
    for (offset, entry) in entries {
      if let signature = entry.signature {
        entries[offset]?.type = signatures[signature]
      }
    }
    for (offset, entry) in entries where entry.origin != nil {
      var origin = entry.origin
      // A declaration of what an entry is inlined from, at most.
      for _ in 0..<4 {
        guard let place = origin, let other = entries[place] else { break }
        if entries[offset]?.name == nil { entries[offset]?.name = other.name }
        if entries[offset]?.type == nil { entries[offset]?.type = other.type }
        origin = other.origin
      }
    }
  }

  private mutating func note(_ entry: DebugEntry, at offset: Int) {
    switch entry.tag {
    case Tag.variable:
      guard let type = entry.type else { return }
      for (_, place) in entry.places {
        guard case .fixed(let parts) = place else { continue }
        for var part in parts {
          if part.size == 0 { part.size = max(size(of: type), 1) }
          variables.append((part, offset))
        }
      }
    case Tag.subprogram:
      if let name = entry.name, let start = entry.text.first?.lowerBound {
        functions[start] = name
      }
      bodies += entry.text.filter { !$0.isEmpty }.map { ($0, offset) }
    case Tag.structure:
      if let name = entry.name, entry.size != nil { structures[name] = offset }
    default: break
    }
  }

  // MARK: Names

  /// The function that begins at a place of the text.
  func function(at address: UInt64) -> String? { functions[address] }

  /// The variable, and its member, at a place of the data.
  func name(at address: UInt64, count: Int) -> String? {
    guard
      let found = variables.last(where: {
        $0.part.address <= address
          && address - $0.part.address < UInt64($0.part.size)
      }), let entry = entries[found.entry], let type = entry.type
    else { return nil }
    let offset = found.part.first &+ Int(address - found.part.address)
    return (entry.name ?? "?") + member(ofType: type, at: offset, count: count)
  }

  /// The member at a place of a structure, with its dot.
  func member(of structure: String, at offset: Int, count: Int) -> String? {
    structures[structure].map { member(ofType: $0, at: offset, count: count) }
  }

  // MARK: Where the program is

  /// A pointer to a structure that a function has, and where it is.
  struct LocalPointer {
    var name: String
    var place: DebugPlace
    /// What it points to.
    var structure: Int
  }

  /// The pointers to structures that the function at a place of the text has
  /// there, with those of the functions that are inlined in it.
  func localPointers(at place: UInt64) -> [LocalPointer] {
    var found: [LocalPointer] = []
    for body in bodies where body.text.contains(place) {
      let shift = entries[body.entry]?.countsFromCaller == true ? 16 : 0
      visit(body.entry) { _, entry in
        guard [Tag.variable, Tag.parameter].contains(entry.tag),
          let name = entry.name,
          let structure = entry.type.flatMap(structure(pointedToBy:))
        else { return entry.tag == Tag.block || entry.tag == Tag.inlined }
        for (text, stands) in entry.places where text.contains(place) {
          var stands = stands
          if case .frame(let offset) = stands {
            stands = .frame(offset &+ shift)
          }
          found.append(
            LocalPointer(name: name, place: stands, structure: structure))
        }
        return false
      }
    }
    return found
  }

  /// The calls that were inlined at a place of the text, the innermost first:
  /// the file and the line of each, and where the lines of its unit begin.
  func inlinedCalls(
    at place: UInt64
  ) -> [(lines: UInt64, file: Int, line: Int)] {
    var found: [(UInt64, Int, Int)] = []
    for body in bodies where body.text.contains(place) {
      visit(body.entry) { _, entry in
        if entry.tag == Tag.block { return true }
        guard entry.tag == Tag.inlined,
          entry.text.contains(where: { $0.contains(place) })
        else { return false }
        if let call = entry.call, let lines = units[entry.unit].lines {
          found.append((lines, call.file, call.line))
        }
        return true
      }
    }
    return found.reversed()
  }

  /// Visits what is in an entry, and in what `body` says yes to.
  private func visit(_ entry: Int, _ body: (Int, DebugEntry) -> Bool) {
    var left = (entries[entry]?.children ?? []).reversed() as [Int]
    while let next = left.popLast() {
      guard let child = entries[next] else { continue }
      if body(next, child) { left += child.children.reversed() }
    }
  }
}
