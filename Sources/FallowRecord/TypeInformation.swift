// SPDX-License-Identifier: Apache-2.0

/// The kernel's description of its own types: `/sys/kernel/btf/vmlinux`.
///
/// The format is that of Documentation/bpf/btf.rst.
struct TypeInformation {
  private let btf: ReadBytes
  private let strings: Int
  /// Where each type begins; type 0 is `void` and has no place.
  private var types: [Int] = [0]

  private enum Kind: UInt32 {
    case integer = 1
    case pointer, array, structure, union, enumeration, forward, typedef
    case volatile, constant, restrict, function, prototype, variable
    case dataSection, float, declarationTag, typeTag, enumeration64

    /// Bytes that follow a type's header, for `count` members.
    func size(_ count: Int) -> Int {
      switch self {
      case .integer, .variable, .declarationTag: 4
      case .array: 12
      case .structure, .union, .dataSection, .enumeration64: 12 * count
      case .enumeration, .prototype: 8 * count
      case .pointer, .forward, .typedef, .volatile, .constant, .restrict,
        .function, .float, .typeTag:
        0
      }
    }
  }

  /// Reads the types; nil if the bytes are not in this format.
  ///
  /// - Complexity: O(types)
  init?(_ bytes: [UInt8]) {
    btf = ReadBytes(bytes)
    guard btf.integer(UInt16.self, at: 0) == 0xEB9F else { return nil }
    let header = Int(btf.integer(UInt32.self, at: 4))
    let start = header + Int(btf.integer(UInt32.self, at: 8))
    let end = start + Int(btf.integer(UInt32.self, at: 12))
    strings = header + Int(btf.integer(UInt32.self, at: 16))
    var place = start
    while place < min(end, bytes.count) {
      guard let kind = Kind(rawValue: Self.kind(btf, place)) else {
        return nil
      }
      types.append(place)
      place += 12 + kind.size(Self.count(btf, place))
    }
  }

  private static func kind(_ btf: ReadBytes, _ place: Int) -> UInt32 {
    btf.integer(UInt32.self, at: place + 4) >> 24 & 0x1F
  }

  private static func count(_ btf: ReadBytes, _ place: Int) -> Int {
    Int(btf.integer(UInt32.self, at: place + 4) & 0xFFFF)
  }

  private func hasName(_ name: String, at place: Int) -> Bool {
    let start = strings + Int(btf.integer(UInt32.self, at: place))
    let wanted = Array(name.utf8) + [0]
    guard start <= btf.bytes.count - wanted.count else { return false }
    return btf.bytes[start..<start + wanted.count].elementsEqual(wanted)
  }

  /// Where a structure of this name begins; nil if there is none.
  private func structure(_ name: String) -> Int? {
    types.dropFirst().first {
      Self.kind(btf, $0) == Kind.structure.rawValue && hasName(name, at: $0)
    }
  }

  /// The size of a structure in bytes.
  func size(of structure: String) -> Int? {
    self.structure(structure).map {
      Int(btf.integer(UInt32.self, at: $0 + 8))
    }
  }

  /// The offset of a member in bytes, within unnamed unions too.
  func offset(of member: String, in structure: String) -> Int? {
    self.structure(structure).flatMap { offset(of: member, at: $0, depth: 0) }
  }

  private func offset(of member: String, at place: Int, depth: Int) -> Int? {
    for index in 0..<Self.count(btf, place) {
      let entry = place + 12 + 12 * index
      let bits = btf.integer(UInt32.self, at: entry + 8) & 0xFF_FFFF
      if hasName(member, at: entry) { return Int(bits / 8) }
      let type = Int(btf.integer(UInt32.self, at: entry + 4))
      guard hasName("", at: entry), types.indices.contains(type), depth < 8
      else { continue }
      let kind = Self.kind(btf, types[type])
      guard
        kind == Kind.union.rawValue || kind == Kind.structure.rawValue,
        let inner = offset(of: member, at: types[type], depth: depth + 1)
      else { continue }
      return Int(bits / 8) + inner
    }
    return nil
  }

  /// The value of an enumerator; nil if no enumeration has it.
  func value(of enumerator: String, in enumeration: String) -> UInt32? {
    for place in types.dropFirst()
    where Self.kind(btf, place) == Kind.enumeration.rawValue
      && hasName(enumeration, at: place)
    {
      for index in 0..<Self.count(btf, place) {
        let entry = place + 12 + 8 * index
        if hasName(enumerator, at: entry) {
          return btf.integer(UInt32.self, at: entry + 4)
        }
      }
    }
    return nil
  }
}
