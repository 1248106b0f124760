// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer

/// Which line each place of a program's text comes from.
///
/// Formats: DWARF Debugging Information Format, versions 4 and 5, section 6.2.
struct LineTable {
  private struct Row {
    var address: UInt64 = 0
    /// The number that its program gives the file.
    var file: UInt64 = 1
    var line = 1
    var isEnd = false
    var program: Int
  }

  private struct File {
    var name: String
    var isHeader: Bool
  }

  /// The files of each program, by their numbers.
  private var programs: [[File?]] = []
  /// The program that begins at a place of the section.
  private var numbers: [UInt64: Int] = [:]
  private var rows: [Row] = []
  private let strings: DebugForm.Strings

  /// The lines of an object; programs of other versions are left out.
  ///
  /// - Throws: Which section is damaged, and where.
  init(_ object: ObjectFile) throws(CCheckError) {
    strings = DebugForm.Strings(object)
    var cursor = try DebugSection(".debug_line", of: object).cursor()
    while !cursor.isAtEnd {
      let start = UInt64(cursor.offset)
      let (length, width) = try cursor.length()
      var rest = try cursor.part(length)
      guard let header = try readHeader(&rest, width) else { continue }
      numbers[start] = programs.count - 1
      try run(header, &rest)
    }
    // The end of one function comes before the beginning of the next.
    rows.sort {
      ($0.address, $0.isEnd ? 0 : 1) < ($1.address, $1.isEnd ? 0 : 1)
    }
  }

  /// The line of a place, and whether it lies in one of the tool's headers.
  func line(at address: UInt64) -> (line: SourceLine, isHeader: Bool)? {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].address <= address {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low > 0, !rows[low - 1].isEnd else { return nil }
    let row = rows[low - 1]
    return line(row.line, ofFile: row.file, in: row.program)
  }

  /// A line of a file, by the number that the program at a place of the section
  /// gives the file.
  func line(
    _ line: Int, ofFile file: Int, inProgramAt place: UInt64
  ) -> (line: SourceLine, isHeader: Bool)? {
    numbers[place].flatMap {
      self.line(line, ofFile: UInt64(bitPattern: Int64(file)), in: $0)
    }
  }

  private func line(
    _ line: Int, ofFile number: UInt64, in program: Int
  ) -> (line: SourceLine, isHeader: Bool)? {
    let files = programs[program]
    guard number < UInt64(files.count), let file = files[Int(number)] else {
      return nil
    }
    return (SourceLine(file: file.name, line: line), file.isHeader)
  }

  // MARK: Headers

  private struct Header {
    var step: UInt64
    var lineBase: Int
    var lineRange: UInt64
    var opcodeBase: UInt64
    /// How many operands each opcode has, from the first.
    var operands: [UInt64]
  }

  /// Reads what comes before the rows of a program, and its files; nil if it is
  /// of another version.
  private mutating func readHeader(
    _ cursor: inout DebugCursor, _ width: Int
  ) throws(CCheckError) -> Header? {
    let version = try cursor.number(2)
    guard version == 4 || version == 5 else { return nil }
    if version == 5 { _ = try cursor.number(2) }  // Sizes of addresses.
    var header = try cursor.part(try cursor.number(width))
    let step = try header.number(1)
    _ = try header.number(2)  // One operation an instruction; statements.
    let lineBase = Int(Int8(truncatingIfNeeded: try header.number(1)))
    let lineRange = try header.number(1)
    let opcodeBase = try header.number(1)
    guard lineRange > 0, opcodeBase > 0 else {
      throw header.damage("a line program has no opcodes")
    }
    var operands: [UInt64] = []
    for _ in 1..<opcodeBase { operands.append(try header.number(1)) }
    programs.append(
      version == 5
        ? try filesByFormat(&header, width) : try filesInOrder(&header))
    return Header(
      step: step, lineBase: lineBase, lineRange: lineRange,
      opcodeBase: opcodeBase, operands: operands)
  }

  private func file(_ name: String, in folder: String) -> File {
    File(
      name: String(name.split(separator: "/").last ?? ""),
      isHeader: CHeaders.contains(folder + "/" + name))
  }

  /// The files of version 4: numbered from 1, in folders that are numbered from
  /// 1.
  private func filesInOrder(
    _ header: inout DebugCursor
  ) throws(CCheckError) -> [File?] {
    var folders = [""]
    while true {
      let folder = try header.string()
      if folder.isEmpty { break }
      folders.append(folder)
    }
    var files: [File?] = [nil]
    while true {
      let name = try header.string()
      if name.isEmpty { return files }
      let folder = try header.unsigned()
      _ = try header.unsigned()
      _ = try header.unsigned()
      files.append(
        file(
          name,
          in: folder < UInt64(folders.count) ? folders[Int(folder)] : ""))
    }
  }

  /// The files of version 5: numbered from 0, in folders that are numbered from
  /// 0, each with what a list of forms says.
  private func filesByFormat(
    _ header: inout DebugCursor, _ width: Int
  ) throws(CCheckError) -> [File?] {
    var folders: [String] = []
    for folder in try readList(&header, width) {
      // All others are in the first, unless they say otherwise.
      let isWhole = folder.name.hasPrefix("/") || folders.isEmpty
      folders.append(
        isWhole ? folder.name : folders[0] + "/" + folder.name)
    }
    return try readList(&header, width).map {
      file(
        $0.name,
        in: $0.folder < UInt64(folders.count) ? folders[Int($0.folder)] : "")
    }
  }

  private func readList(
    _ header: inout DebugCursor, _ width: Int
  ) throws(CCheckError) -> [(name: String, folder: UInt64)] {
    let name: UInt64 = 1
    let folder: UInt64 = 2
    var formats: [(content: UInt64, form: DebugForm)] = []
    for _ in 0..<(try header.number(1)) {
      let content = try header.unsigned()
      formats.append((content, DebugForm(code: try header.unsigned())))
    }
    let count = try header.unsigned()
    guard count == 0 || !formats.isEmpty, count <= UInt64(header.end) else {
      throw header.damage("a list of \(count) has no forms")
    }
    var found: [(String, UInt64)] = []
    for _ in 0..<count {
      var entry = ("", 0 as UInt64)
      for (content, form) in formats {
        let value = try form.value(&header, width: width, unit: 0, strings)
        if content == name, case .text(let text) = value { entry.0 = text }
        if content == folder { entry.1 = value.number ?? 0 }
      }
      found.append(entry)
    }
    return found
  }

  // MARK: Rows

  /// Runs a program, which makes the rows.
  private mutating func run(
    _ header: Header, _ cursor: inout DebugCursor
  ) throws(CCheckError) {
    let program = programs.count - 1
    var row = Row(program: program)
    while !cursor.isAtEnd {
      let opcode = try cursor.number(1)
      switch opcode {
      case 0:
        var extended = try cursor.part(try cursor.unsigned())
        switch try extended.number(1) {
        case 1:
          row.isEnd = true
          rows.append(row)
          row = Row(program: program)
        case 2: row.address = try extended.number(8)
        default: break
        }
      case let other where other >= header.opcodeBase:
        let adjusted = other - header.opcodeBase
        row.address &+= adjusted / header.lineRange &* header.step
        row.line &+= header.lineBase + Int(adjusted % header.lineRange)
        rows.append(row)
      case 1: rows.append(row)
      case 2: row.address &+= try cursor.unsigned() &* header.step
      case 3: row.line &+= Int(try cursor.signed())
      case 4: row.file = try cursor.unsigned()
      case 8:
        row.address &+=
          (255 - header.opcodeBase) / header.lineRange &* header.step
      case 9: row.address &+= try cursor.number(2)
      default:
        for _ in 0..<header.operands[Int(opcode) - 1] {
          _ = try cursor.unsigned()
        }
      }
    }
  }
}
