// SPDX-License-Identifier: Apache-2.0

/// An entry of debug information: what it is, and those of its attributes that
/// names need.
struct DebugEntry {
  var tag: UInt64
  var name: String?
  var type: Int?
  /// The signature of its type, if that is all that is said of it.
  var signature: UInt64?
  /// The entry that has what it does not say itself.
  var origin: Int?
  var size: Int?
  /// Where a member stands in its type.
  var offset: Int?
  var count: Int?
  /// Where a variable stands, each with the places of the text where it does.
  var places: [(text: Range<UInt64>, place: DebugPlace)] = []
  /// The text of a function, or of a part of one.
  var text: [Range<UInt64>] = []
  /// Whether a function's frame is counted from where its caller's ends.
  var countsFromCaller = false
  /// The call that an inlined function stands for.
  var call: (file: Int, line: Int)?
  var children: [Int] = []
  /// The number of its unit.
  var unit: Int

  enum Tag {
    static let array: UInt64 = 0x01
    static let parameter: UInt64 = 0x05
    static let block: UInt64 = 0x0b
    static let member: UInt64 = 0x0d
    static let pointer: UInt64 = 0x0f
    static let structure: UInt64 = 0x13
    static let typedef: UInt64 = 0x16
    static let union: UInt64 = 0x17
    static let inlined: UInt64 = 0x1d
    static let subrange: UInt64 = 0x21
    static let const: UInt64 = 0x26
    static let subprogram: UInt64 = 0x2e
    static let variable: UInt64 = 0x34
    static let volatile: UInt64 = 0x35
  }

  private enum Attribute {
    static let place: UInt64 = 0x02
    static let name: UInt64 = 0x03
    static let size: UInt64 = 0x0b
    static let lines: UInt64 = 0x10
    static let lowest: UInt64 = 0x11
    static let highest: UInt64 = 0x12
    static let upperBound: UInt64 = 0x2f
    static let origin: UInt64 = 0x31
    static let count: UInt64 = 0x37
    static let offset: UInt64 = 0x38
    static let frame: UInt64 = 0x40
    static let specification: UInt64 = 0x47
    static let type: UInt64 = 0x49
    static let ranges: UInt64 = 0x55
    static let callFile: UInt64 = 0x58
    static let callLine: UInt64 = 0x59
    static let stringsBase: UInt64 = 0x72
    static let addressesBase: UInt64 = 0x73
    static let rangesBase: UInt64 = 0x74
    static let placesBase: UInt64 = 0x8c
  }

  /// An entry with the values of its attributes.
  ///
  /// - Parameters:
  ///   - tag: What it is.
  ///   - values: The attributes.
  ///   - unit: The unit; its own entry completes it.
  ///   - number: The number of the unit.
  ///   - isUnit: Whether it is the entry of the unit itself.
  /// - Throws: What is damaged.
  init(
    _ tag: UInt64, _ values: [(attribute: UInt64, value: DebugValue)],
    of unit: inout DebugUnit, number: Int, isUnit: Bool
  ) throws(CCheckError) {
    self.tag = tag
    self.unit = number
    if isUnit { Self.complete(&unit, values) }
    var lowest: UInt64?
    var highest: DebugValue?
    var calls: (file: UInt64?, line: UInt64?)
    for (attribute, value) in values {
      switch attribute {
      case Attribute.place: try readPlaces(value, of: unit)
      case Attribute.name: name = try value.text(in: unit)
      case Attribute.size: size = value.size
      case Attribute.lowest: lowest = try value.address(in: unit)
      case Attribute.highest: highest = value
      case Attribute.upperBound: count = value.size.map { $0 &+ 1 }
      case Attribute.count: count = value.size
      case Attribute.offset: offset = value.size
      case Attribute.type:
        type = value.entry
        if case .signature(let found) = value { signature = found }
      case Attribute.origin, Attribute.specification: origin = value.entry
      case Attribute.ranges: text = try unit.ranges(value)
      case Attribute.frame:
        if case .expression(let expression) = value {
          countsFromCaller = try DebugPlace.isFrameOfCall(expression)
        }
      case Attribute.callFile: calls.file = value.number
      case Attribute.callLine: calls.line = value.number
      default: break
      }
    }
    if let line = calls.line {
      call = (
        Int(truncatingIfNeeded: calls.file ?? 0), Int(truncatingIfNeeded: line)
      )
    }
    guard let lowest else { return }
    if isUnit { unit.base = lowest }
    if let highest {
      // A length, unless its form is that of an address.
      let end =
        try highest.address(in: unit) ?? (lowest &+ (highest.number ?? 0))
      text.append(lowest..<max(lowest, end))
    } else if text.isEmpty {
      text.append(lowest..<lowest)
    }
  }

  /// What the entry of a unit says of the rest of it.
  private static func complete(
    _ unit: inout DebugUnit,
    _ values: [(attribute: UInt64, value: DebugValue)]
  ) {
    for (attribute, value) in values {
      guard case .place(let place) = value else { continue }
      switch attribute {
      case Attribute.lines: unit.lines = place
      case Attribute.stringsBase: unit.stringsBase = place
      case Attribute.addressesBase: unit.addressesBase = place
      case Attribute.rangesBase: unit.rangesBase = place
      case Attribute.placesBase: unit.placesBase = place
      default: break
      }
    }
  }

  private mutating func readPlaces(
    _ value: DebugValue, of unit: DebugUnit
  ) throws(CCheckError) {
    guard [Tag.variable, Tag.parameter].contains(tag) else { return }
    if case .expression(let expression) = value {
      if let place = try DebugPlace(expression, of: unit) {
        places.append((0..<(.max), place))
      }
      return
    }
    for (range, expression) in try unit.expressions(value) {
      if let place = try DebugPlace(expression, of: unit) {
        places.append((range, place))
      }
    }
  }
}

extension DebugValue {
  /// The number, if it is one.
  var number: UInt64? {
    if case .number(let number) = self { number } else { nil }
  }

  /// The number as a size or an offset.
  fileprivate var size: Int? { number.map { Int(truncatingIfNeeded: $0) } }

  /// Where the entry is that it refers to.
  fileprivate var entry: Int? {
    if case .entry(let offset) = self {
      Int(truncatingIfNeeded: offset)
    } else {
      nil
    }
  }

  fileprivate func text(in unit: DebugUnit) throws(CCheckError) -> String? {
    switch self {
    case .text(let text): text
    case .textNumber(let number): try unit.text(number)
    case .none, .number, .address, .addressNumber, .entry, .signature, .place,
      .listNumber, .expression:
      nil
    }
  }

  fileprivate func address(
    in unit: DebugUnit
  ) throws(CCheckError) -> UInt64? {
    switch self {
    case .address(let address): address
    case .addressNumber(let number): try unit.address(number)
    case .none, .number, .text, .textNumber, .entry, .signature, .place,
      .listNumber, .expression:
      nil
    }
  }
}
