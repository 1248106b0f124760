// SPDX-License-Identifier: Apache-2.0

/// Lines that each begin with a label, their texts in one column.
///
/// Lines are wrapped at 80 columns, between words.
public struct LabelledLines: Sendable {
  /// The labels and the texts, in order.
  public private(set) var rows: [(label: String, text: String)] = []

  private static let width = 80

  /// No lines.
  public init() {}

  /// Adds a line.
  public mutating func add(_ label: String, _ text: String) {
    rows.append((label, text))
  }

  /// The lines, set in by two columns.
  ///
  /// - Complexity: O(characters)
  public var lines: [String] {
    let column = (rows.map(\.label.count).max() ?? 0) + 2
    return rows.flatMap { label, text in
      Self.wrapped(text, at: Self.width - column - 2).enumerated().map {
        let start = $0.offset == 0 ? label : ""
        let blanks = String(repeating: " ", count: column - start.count)
        return "  " + start + blanks + $0.element
      }
    }
  }

  private static func wrapped(_ text: String, at width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if let last = lines.last, !last.isEmpty {
        if last.count + 1 + word.count > width {
          lines.append("")
        } else {
          lines[lines.count - 1] += " "
        }
      }
      lines[lines.count - 1] += word
    }
    return lines
  }
}
