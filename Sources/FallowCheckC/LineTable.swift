// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer

/// Which line each place of a program's text comes from.
///
/// Format: DWARF Debugging Information Format 4, section 6.2.
struct LineTable {
  private struct Row {
    var address: UInt64
    var file: Int
    var line: Int
    var isEnd = false
  }

  private struct File {
    var name: String
    var isHeader: Bool
  }

  private var files: [File] = []
  private var rows: [Row] = []

  /// The lines of an object.
  init(_ object: ObjectFile) {
    var reader = DWARFReader(object[".debug_line"])
    while !reader.isAtEnd { readUnit(&reader) }
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
    guard files.indices.contains(row.file) else { return nil }
    let file = files[row.file]
    return (SourceLine(file: file.name, line: row.line), file.isHeader)
  }

  private mutating func readUnit(_ reader: inout DWARFReader) {
    let length = Int(reader.number(4))
    let end = reader.offset + length
    defer { reader.offset = end }
    guard reader.number(2) == 4 else { return }
    let program = Int(reader.number(4)) + reader.offset
    let step = reader.number(1)
    reader.offset += 2  // One operation an instruction; statements by default.
    let lineBase = Int64(Int8(truncatingIfNeeded: reader.number(1)))
    let lineRange = reader.number(1)
    let opcodeBase = Int(reader.number(1))
    let lengths = (1..<opcodeBase).map { _ in reader.number(1) }
    var folders = [""]
    while let folder = reader.nonempty() { folders.append(folder) }
    let first = files.count
    while let name = reader.nonempty() {
      let folder = Int(reader.unsigned())
      _ = reader.unsigned()
      _ = reader.unsigned()
      let path = folders.indices.contains(folder) ? folders[folder] : ""
      files.append(
        File(
          name: String(name.split(separator: "/").last ?? ""),
          isHeader: CHeaders.contains(path + "/" + name)))
    }
    reader.offset = program
    var row = Row(address: 0, file: first, line: 1)
    func advance(_ opcode: UInt64) {
      let adjusted = opcode - UInt64(opcodeBase)
      row.address += adjusted / lineRange * step
      row.line += Int(lineBase) + Int(adjusted % lineRange)
    }
    while reader.offset < end {
      let opcode = reader.number(1)
      switch opcode {
      case 0:
        let size = Int(reader.unsigned())
        let next = reader.offset + size
        switch reader.number(1) {
        case 1:
          row.isEnd = true
          rows.append(row)
          row = Row(address: 0, file: first, line: 1)
        case 2: row.address = reader.number(8)
        default: break
        }
        reader.offset = next
      case 1: rows.append(row)
      case 2: row.address += reader.unsigned() * step
      case 3: row.line += Int(reader.signed())
      case 4: row.file = first + Int(reader.unsigned()) - 1
      case 8: row.address += (255 - UInt64(opcodeBase)) / lineRange * step
      case 9: row.address += reader.number(2)
      case let other where other >= UInt64(opcodeBase):
        advance(other)
        rows.append(row)
      default:
        for _ in 0..<lengths[Int(opcode) - 1] { _ = reader.unsigned() }
      }
    }
  }
}

extension DWARFReader {
  /// A string; nil at the empty one, which ends a list.
  fileprivate mutating func nonempty() -> String? {
    let text = string()
    return text.isEmpty ? nil : text
  }
}
