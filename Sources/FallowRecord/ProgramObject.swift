// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

/// The object that the compiler made of the BPF programs: a relocatable ELF
/// file (elf(5)).
struct ProgramObject {
  /// A program: its instructions, and which of them name a map.
  struct Program: Equatable {
    /// The instructions, 8 bytes each.
    var instructions: [UInt64]
    /// The index of an instruction that loads a map, and the map's name.
    var maps: [Int: String]
  }

  /// The programs by the name of the probe that they are for.
  let programs: [String: Program]
  /// The license that the programs declare.
  let license: String

  private static let sectionPrefix = "kprobe/"
  /// A 16-byte load whose operand is a map's descriptor (linux/bpf.h).
  private static let mapDescriptor: UInt64 = 1

  /// The programs that come with the recorder.
  init() throws(RecordError) {
    let bytes = unsafe UnsafeBufferPointer(
      start: fallow_programs(), count: Int(fallow_programs_size()))
    try self.init(unsafe Array(bytes))
  }

  /// Reads an object.
  ///
  /// - Throws: ``RecordError/damagedPrograms(reason:)``.
  init(_ bytes: [UInt8]) throws(RecordError) {
    let elf = ReadBytes(bytes)
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else {
      throw .damagedPrograms(reason: "not an ELF object of 64 bits")
    }
    let sections = Section.all(of: elf)
    guard let symbols = sections.first(where: { $0.kind == .symbols }),
      sections.indices.contains(symbols.link)
    else { throw .damagedPrograms(reason: "no symbols") }
    let names = sections[symbols.link]

    var programs: [String: Program] = [:]
    for (number, section) in sections.enumerated()
    where section.name.hasPrefix(Self.sectionPrefix) {
      var maps: [Int: String] = [:]
      for relocations in sections
      where relocations.kind == .relocations && relocations.info == number {
        for entry in 0..<relocations.size / 16 {
          let place = relocations.offset + 16 * entry
          let target = elf.integer(UInt64.self, at: place)
          let symbol = Int(elf.integer(UInt64.self, at: place + 8) >> 32)
          let name = elf.integer(
            UInt32.self, at: symbols.offset + 24 * symbol)
          maps[Int(target / 8)] = elf.text(at: names.offset + Int(name))
        }
      }
      let instructions = (0..<section.size / 8).map {
        elf.integer(UInt64.self, at: section.offset + 8 * $0)
      }
      let name = section.name.dropFirst(Self.sectionPrefix.count)
      programs[String(name)] = Program(
        instructions: instructions, maps: maps)
    }
    guard let license = sections.first(where: { $0.name == "license" }) else {
      throw .damagedPrograms(reason: "no license")
    }
    self.programs = programs
    self.license = elf.text(at: license.offset)
  }

  /// The instructions of a program, with the maps' descriptors in them.
  ///
  /// - Parameters:
  ///   - name: The name of the probe.
  ///   - maps: The descriptors of the maps by their names.
  /// - Throws: ``RecordError/damagedPrograms(reason:)``.
  func instructions(
    of name: String, maps: [String: Int32]
  ) throws(RecordError) -> [UInt64] {
    guard let program = programs[name] else {
      throw .damagedPrograms(reason: "no program for \(name)")
    }
    var instructions = program.instructions
    for (index, map) in program.maps {
      guard let descriptor = maps[map], instructions.indices.contains(index)
      else { throw .damagedPrograms(reason: "no map \(map)") }
      // Bits 12 to 15 say what the operand is, bits 32 to 63 are its low
      // half.
      let operation = instructions[index] & 0x0FFF
      instructions[index] =
        operation | Self.mapDescriptor << 12
        | UInt64(UInt32(bitPattern: descriptor)) << 32
    }
    return instructions
  }

  /// A section of the file.
  private struct Section {
    enum Kind: UInt32 {
      case symbols = 2
      case relocations = 9
    }

    var name: String
    var kind: Kind?
    var offset: Int
    var size: Int
    var link: Int
    var info: Int

    static func all(of elf: ReadBytes) -> [Section] {
      let limit = elf.bytes.count
      let table = min(limit, Int(clamping: elf.integer(UInt64.self, at: 40)))
      let size = Int(elf.integer(UInt16.self, at: 58))
      let count = Int(elf.integer(UInt16.self, at: 60))
      let names = Int(elf.integer(UInt16.self, at: 62))
      func word(_ section: Int, _ field: Int) -> Int {
        Int(
          clamping: elf.integer(
            UInt64.self, at: table + section * size + field))
      }
      return (0..<count).map { number in
        let start = table + number * size
        let name = Int(elf.integer(UInt32.self, at: start))
        return Section(
          name: elf.text(at: min(limit, word(names, 24)) + name),
          kind: Kind(rawValue: elf.integer(UInt32.self, at: start + 4)),
          offset: min(limit, word(number, 24)),
          size: min(limit, word(number, 32)),
          link: Int(elf.integer(UInt32.self, at: start + 40)),
          info: Int(elf.integer(UInt32.self, at: start + 44)))
      }
    }
  }
}
