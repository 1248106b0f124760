// SPDX-License-Identifier: Apache-2.0

/// The value of an attribute, before what it refers to is looked up.
enum DebugValue {
  case none
  case number(UInt64)
  case address(UInt64)
  /// The number of an address in .debug_addr.
  case addressNumber(UInt64)
  case text(String)
  /// The number of a string in .debug_str_offsets.
  case textNumber(UInt64)
  /// An entry of .debug_info.
  case entry(UInt64)
  /// The signature of a type.
  case signature(UInt64)
  /// A place in another section.
  case place(UInt64)
  /// The number of a list in .debug_loclists or .debug_rnglists.
  case listNumber(UInt64)
  case expression(DebugCursor)
}

/// How a value is written.
///
/// Formats: DWARF Debugging Information Format, versions 4 and 5, section 7.5.
struct DebugForm {
  let code: UInt64
  /// The value itself, where it stands with the form.
  var constant: Int64 = 0

  /// DW_FORM_implicit_const.
  static let implicitConstant: UInt64 = 0x21

  /// The strings that values refer to.
  struct Strings {
    let ordinary: DebugSection
    let ofLines: DebugSection

    init(_ object: ObjectFile) {
      ordinary = DebugSection(".debug_str", of: object)
      ofLines = DebugSection(".debug_line_str", of: object)
    }
  }

  /// Reads a value.
  ///
  /// - Parameters:
  ///   - cursor: Where it stands.
  ///   - width: How long offsets are.
  ///   - unit: Where the unit begins, from which entries are counted.
  ///   - strings: The strings that it may refer to.
  /// - Throws: What is damaged; a form that is not known is.
  func value(
    _ cursor: inout DebugCursor, width: Int, unit: Int, _ strings: Strings
  ) throws(CCheckError) -> DebugValue {
    func entry(_ offset: UInt64) -> DebugValue {
      .entry(offset &+ UInt64(unit))
    }
    func block(_ length: UInt64) throws(CCheckError) -> DebugValue {
      .expression(try cursor.part(length))
    }
    switch code {
    case 0x01: return .address(try cursor.number(8))
    case 0x03: return try block(try cursor.number(2))
    case 0x04: return try block(try cursor.number(4))
    case 0x05: return .number(try cursor.number(2))
    case 0x06: return .number(try cursor.number(4))
    case 0x07: return .number(try cursor.number(8))
    case 0x08: return .text(try cursor.string())
    case 0x09, 0x18: return try block(try cursor.unsigned())
    case 0x0a: return try block(try cursor.number(1))
    case 0x0b, 0x0c: return .number(try cursor.number(1))
    case 0x0d: return .number(UInt64(bitPattern: try cursor.signed()))
    case 0x0e:
      return .text(try strings.ordinary.string(at: try cursor.number(width)))
    case 0x0f: return .number(try cursor.unsigned())
    case 0x10: return .entry(try cursor.number(width))
    case 0x11: return entry(try cursor.number(1))
    case 0x12: return entry(try cursor.number(2))
    case 0x13: return entry(try cursor.number(4))
    case 0x14: return entry(try cursor.number(8))
    case 0x15: return entry(try cursor.unsigned())
    case 0x16:
      let form = DebugForm(code: try cursor.unsigned())
      guard form.code != code, form.code != Self.implicitConstant else {
        throw cursor.damage("a form stands for itself")
      }
      return try form.value(&cursor, width: width, unit: unit, strings)
    case 0x17: return .place(try cursor.number(width))
    case 0x19: return .number(1)
    case 0x1a: return .textNumber(try cursor.unsigned())
    case 0x1b: return .addressNumber(try cursor.unsigned())
    // Of a file beside the object.
    case 0x1c: return try skip(4, &cursor)
    case 0x1d: return try skip(width, &cursor)
    case 0x24: return try skip(8, &cursor)
    case 0x1e: return try skip(16, &cursor)
    case 0x1f:
      return .text(try strings.ofLines.string(at: try cursor.number(width)))
    case 0x20: return .signature(try cursor.number(8))
    case Self.implicitConstant: return .number(UInt64(bitPattern: constant))
    case 0x22, 0x23: return .listNumber(try cursor.unsigned())
    case 0x25...0x28:
      return .textNumber(try cursor.number(Int(code) - 0x24))
    case 0x29...0x2c:
      return .addressNumber(try cursor.number(Int(code) - 0x28))
    default: throw cursor.damage("form \(code) is not known")
    }
  }

  private func skip(
    _ count: Int, _ cursor: inout DebugCursor
  ) throws(CCheckError) -> DebugValue {
    _ = try cursor.part(UInt64(count))
    return .none
  }
}
