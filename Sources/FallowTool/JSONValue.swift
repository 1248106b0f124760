// SPDX-License-Identifier: Apache-2.0

/// A value of a JSON document, whatever it is.
enum JSONValue: Codable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case large(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .large(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .large(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// The value of a key; null if there is none.
  subscript(key: String) -> JSONValue {
    get {
      if case .object(let values) = self { values[key] ?? .null } else { .null }
    }
    set {
      guard case .object(var values) = self else { return }
      values[key] = newValue
      self = .object(values)
    }
  }

  /// The elements of an array; none if it is another value.
  var elements: [JSONValue] {
    if case .array(let values) = self { values } else { [] }
  }

  /// The values of an object; none if it is another value.
  var values: [String: JSONValue] {
    if case .object(let values) = self { values } else { [:] }
  }

  /// The whole number; nil if it is another value.
  var int: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number; nil if it is another value.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .null, .bool, .large, .string, .array, .object: nil
    }
  }

  /// The text; nil if it is another value.
  var text: String? {
    if case .string(let value) = self { value } else { nil }
  }
}
