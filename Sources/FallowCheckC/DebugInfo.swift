// SPDX-License-Identifier: Apache-2.0

/// What a program calls its variables, the members of its types, and its
/// functions.
///
/// Format: DWARF Debugging Information Format 4, section 7.
struct DebugInfo {
  /// An entry: what it is, and those of its attributes that names need.
  struct Entry {
    var tag: UInt64
    var name: String?
    var type: Int?
    var address: UInt64?
    var size: Int?
    var place: Int?
    var count: Int?
    /// Where it stands in its function's frame.
    var frameOffset: Int?
    /// How long its text is, or where it ends.
    var end: UInt64?
    var children: [Int] = []
  }

  enum Tag {
    static let array: UInt64 = 0x01
    static let parameter: UInt64 = 0x05
    static let block: UInt64 = 0x0b
    static let member: UInt64 = 0x0d
    static let pointer: UInt64 = 0x0f
    static let structure: UInt64 = 0x13
    static let typedef: UInt64 = 0x16
    static let union: UInt64 = 0x17
    static let subrange: UInt64 = 0x21
    static let const: UInt64 = 0x26
    static let subprogram: UInt64 = 0x2e
    static let variable: UInt64 = 0x34
    static let volatile: UInt64 = 0x35
  }

  private(set) var entries: [Int: Entry] = [:]
  /// The variables that stand at a fixed address, in its order.
  private(set) var variables: [(address: UInt64, size: Int, entry: Int)] = []
  private var functions: [UInt64: String] = [:]
  private var bodies: [(places: Range<UInt64>, entry: Int)] = []
  private var structures: [String: Int] = [:]
  private let strings: [UInt8]

  init(_ object: ObjectFile) {
    strings = object[".debug_str"]
    let abbreviations = object[".debug_abbrev"]
    var reader = DWARFReader(object[".debug_info"])
    while !reader.isAtEnd { readUnit(&reader, abbreviations) }
    for (offset, entry) in entries {
      switch entry.tag {
      case Tag.variable:
        guard let address = entry.address, let type = entry.type else {
          continue
        }
        variables.append((address, size(of: type), offset))
      case Tag.subprogram:
        if let name = entry.name, let address = entry.address {
          functions[address] = name
        }
        if let address = entry.address, let end = entry.end {
          bodies.append((address..<max(address, address &+ end), offset))
        }
      case Tag.structure:
        if let name = entry.name, entry.size != nil {
          structures[name] = offset
        }
      default: break
      }
    }
    variables.sort { $0.address < $1.address }
  }

  /// The function that begins at a place of the text.
  func function(at address: UInt64) -> String? { functions[address] }

  /// The variable, and its member, at a place of the data.
  func name(at address: UInt64, count: Int) -> String? {
    guard
      let found = variables.last(where: {
        $0.address <= address && address < $0.address + UInt64(max($0.size, 1))
      }), let entry = entries[found.entry], let type = entry.type
    else { return nil }
    return (entry.name ?? "?")
      + path(type, Int(address - found.address), count)
  }

  /// The member at a place of a structure, with its dot.
  func member(of structure: String, at offset: Int, count: Int) -> String? {
    structures[structure].map { path($0, offset, count) }
  }

  /// A pointer to a structure that a function keeps in its frame.
  struct LocalPointer {
    var name: String
    /// Where it stands, from where the frame is counted.
    var offset: Int
    /// What it points to.
    var structure: Int
  }

  /// The pointers to structures that the function at a place of the text keeps
  /// in its frame.
  func localPointers(at place: UInt64) -> [LocalPointer] {
    guard let body = bodies.first(where: { $0.places.contains(place) }) else {
      return []
    }
    return localPointers(in: body.entry)
  }

  private func localPointers(in entry: Int) -> [LocalPointer] {
    (entries[entry]?.children ?? []).flatMap { child -> [LocalPointer] in
      guard let found = entries[child] else { return [] }
      switch found.tag {
      case Tag.block: return localPointers(in: child)
      case Tag.variable, Tag.parameter:
        guard let name = found.name, let offset = found.frameOffset,
          let structure = found.type.flatMap(structure(pointedToBy:))
        else { return [] }
        return [LocalPointer(name: name, offset: offset, structure: structure)]
      default: return []
      }
    }
  }

  /// The structure that a pointer of a type leads to, if it does.
  private func structure(pointedToBy type: Int) -> Int? {
    guard let pointer = entries[unqualified(type)],
      pointer.tag == Tag.pointer, let target = pointer.type
    else { return nil }
    let structure = unqualified(target)
    return entries[structure]?.tag == Tag.structure ? structure : nil
  }

  /// Whether a structure is another, or begins with it.
  func begins(_ outer: Int, with inner: Int) -> Bool {
    if outer == inner { return true }
    guard let entry = entries[unqualified(outer)],
      [Tag.structure, Tag.union].contains(entry.tag)
    else { return false }
    if let name = entry.name, name == entries[inner]?.name,
      entry.size == entries[inner]?.size
    {
      return true
    }
    return entry.children.contains { child in
      guard let member = entries[child], member.tag == Tag.member,
        member.place ?? 0 == 0, let type = member.type
      else { return false }
      return begins(unqualified(type), with: inner)
    }
  }

  private func unqualified(_ type: Int) -> Int {
    guard let entry = entries[type],
      [Tag.typedef, Tag.const, Tag.volatile].contains(entry.tag),
      let inner = entry.type
    else { return type }
    return unqualified(inner)
  }

  /// The member at a place of a type, with its dot.
  func member(ofType type: Int, at offset: Int, count: Int) -> String {
    path(type, offset, count)
  }

  // MARK: Types

  private func size(of type: Int) -> Int {
    guard let entry = entries[type] else { return 0 }
    if let size = entry.size { return size }
    if entry.tag == Tag.pointer { return 8 }
    if entry.tag == Tag.array {
      let counts = entry.children.compactMap { entries[$0]?.count }
      return counts.reduce(entry.type.map(size) ?? 0, *)
    }
    return entry.type.map(size) ?? 0
  }

  /// The members that lead to a place in a value of a type.
  private func path(_ type: Int, _ offset: Int, _ count: Int) -> String {
    guard let entry = entries[unqualified(type)] else { return "" }
    switch entry.tag {
    case Tag.array:
      guard let element = entry.type, size(of: element) > 0 else { return "" }
      let width = size(of: element)
      return "[\(offset / width)]" + path(element, offset % width, count)
    case Tag.structure, Tag.union:
      for child in entry.children {
        guard let member = entries[child], member.tag == Tag.member,
          let inner = member.type
        else { continue }
        let start = member.place ?? 0
        guard offset >= start, offset < start + max(size(of: inner), 1) else {
          continue
        }
        let rest = path(inner, offset - start, count)
        return member.name.map { ".\($0)" + rest } ?? rest
      }
      return ""
    default: return ""
    }
  }

  // MARK: Reading

  private struct Abbreviation {
    var tag: UInt64
    var hasChildren: Bool
    var attributes: [(name: UInt64, form: UInt64)]
  }

  private func abbreviations(
    _ bytes: [UInt8], at offset: Int
  ) -> [UInt64: Abbreviation] {
    var reader = DWARFReader(bytes)
    reader.offset = offset
    var table: [UInt64: Abbreviation] = [:]
    while !reader.isAtEnd {
      let code = reader.unsigned()
      if code == 0 { break }
      var found = Abbreviation(
        tag: reader.unsigned(), hasChildren: reader.number(1) != 0,
        attributes: [])
      while true {
        let attribute = (name: reader.unsigned(), form: reader.unsigned())
        if attribute.name == 0 && attribute.form == 0 { break }
        found.attributes.append(attribute)
      }
      table[code] = found
    }
    return table
  }

  private mutating func readUnit(
    _ reader: inout DWARFReader, _ bytes: [UInt8]
  ) {
    let unit = reader.offset
    let length = Int(reader.number(4))
    let end = reader.offset + length
    defer { reader.offset = end }
    guard reader.number(2) == 4 else { return }
    let table = abbreviations(bytes, at: Int(reader.number(4)))
    reader.offset += 1
    var parents: [Int] = []
    while reader.offset < end {
      let offset = reader.offset
      let code = reader.unsigned()
      if code == 0 {
        _ = parents.popLast()
        continue
      }
      guard let kind = table[code] else { return }
      var entry = Entry(tag: kind.tag)
      for attribute in kind.attributes {
        guard read(attribute, of: unit, into: &entry, &reader) else { return }
      }
      entries[offset] = entry
      if let parent = parents.last { entries[parent]?.children.append(offset) }
      if kind.hasChildren { parents.append(offset) }
    }
  }

  /// Reads an attribute; false at a form that is not known.
  private func read(
    _ attribute: (name: UInt64, form: UInt64), of unit: Int,
    into entry: inout Entry, _ reader: inout DWARFReader
  ) -> Bool {
    var number: UInt64 = 0
    var text: String?
    var address: UInt64?
    switch attribute.form {
    case 0x01: number = reader.number(8)
    case 0x03: reader.offset += Int(reader.number(2))
    case 0x04: reader.offset += Int(reader.number(4))
    case 0x05: number = reader.number(2)
    case 0x06: number = reader.number(4)
    case 0x07: number = reader.number(8)
    case 0x08: text = reader.string()
    case 0x09, 0x18:
      let next = Int(reader.unsigned()) + reader.offset
      switch reader.number(1) {
      case 0x03: address = reader.number(8)
      case 0x91: entry.frameOffset = Int(reader.signed())
      default: break
      }
      reader.offset = next
    case 0x0a: reader.offset += Int(reader.number(1))
    case 0x0b, 0x0c: number = reader.number(1)
    case 0x0d: number = UInt64(bitPattern: reader.signed())
    case 0x0e:
      var strings = DWARFReader(strings)
      strings.offset = Int(reader.number(4))
      text = strings.string()
    case 0x0f: number = reader.unsigned()
    case 0x10, 0x17: number = reader.number(4)
    case 0x11: number = reader.number(1) + UInt64(unit)
    case 0x12: number = reader.number(2) + UInt64(unit)
    case 0x13: number = reader.number(4) + UInt64(unit)
    case 0x14: number = reader.number(8) + UInt64(unit)
    case 0x15: number = reader.unsigned() + UInt64(unit)
    case 0x19: number = 1
    case 0x20: number = reader.number(8)
    default: return false
    }
    switch attribute.name {
    case 0x02: entry.address = address
    case 0x03: entry.name = text
    case 0x0b: entry.size = Int(truncatingIfNeeded: number)
    case 0x11: entry.address = number
    // A length, unless its form is that of an address.
    case 0x12 where attribute.form != 0x01: entry.end = number
    case 0x2f: entry.count = Int(truncatingIfNeeded: number) + 1
    case 0x37: entry.count = Int(truncatingIfNeeded: number)
    case 0x38: entry.place = Int(truncatingIfNeeded: number)
    case 0x49: entry.type = Int(truncatingIfNeeded: number)
    default: break
    }
    return true
  }
}
