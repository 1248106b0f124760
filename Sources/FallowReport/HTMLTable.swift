// SPDX-License-Identifier: Apache-2.0

/// A table of a page.
///
/// A cell that shows a figure says which one of the JSON object it is: its
/// `data` element has the figure's path and its exact value, so that a page can
/// be held against the object.
public struct HTMLTable: Sendable {
  /// A cell.
  public struct Cell: Sendable {
    /// What is shown.
    public var text: String
    /// The path of the figure in the JSON object, its keys and indices separated
    /// by dots; nil for text.
    public var path: String?
    /// The exact value of the figure; empty for text.
    public var value: String
    /// How it is set off.
    public var style: TextTable.Style

    /// A cell of text.
    public static func text(
      _ text: String, _ style: TextTable.Style = .plain
    ) -> Cell {
      Cell(text: text, path: nil, value: "", style: style)
    }

    /// A cell of a count.
    public static func count(
      _ value: some BinaryInteger, at path: String,
      _ style: TextTable.Style = .plain
    ) -> Cell {
      Cell(
        text: Numbers.count(value), path: path, value: String(value),
        style: style)
    }

    /// A cell of a stretch of time in nanoseconds.
    public static func duration(_ value: UInt64, at path: String) -> Cell {
      Cell(
        text: Numbers.duration(value), path: path, value: String(value),
        style: .plain)
    }

    /// A cell of a ratio.
    public static func ratio(_ value: Double, at path: String) -> Cell {
      Cell(
        text: Numbers.ratio(value), path: path, value: "\(value)",
        style: .plain)
    }
  }

  private let heading: [String]
  private let textColumns: Int
  private var rows: [[Cell]] = []

  /// A table without rows under `heading`, whose first `textColumns` columns
  /// are set flush left.
  public init(heading: [String], textColumns: Int = 1) {
    self.heading = heading
    self.textColumns = textColumns
  }

  /// Adds a row of cells.
  public mutating func add(_ cells: [Cell]) {
    rows.append(cells)
  }

  /// The `table` element.
  var markup: String {
    var markup = "<table>\n<tr>"
    for (column, name) in heading.enumerated() {
      let side = column < textColumns ? " class=\"text\"" : ""
      markup += "<th\(side)>\(HTMLPage.escaped(name))</th>"
    }
    markup += "</tr>\n"
    for row in rows {
      markup += "<tr>"
      for (column, cell) in row.enumerated() {
        let side = column < textColumns ? " class=\"text\"" : ""
        markup += "<td\(side)>\(Self.markup(of: cell))</td>"
      }
      markup += "</tr>\n"
    }
    return markup + "</table>"
  }

  private static func markup(of cell: Cell) -> String {
    let text = HTMLPage.escaped(cell.text)
    let style = HTMLPage.attribute(cell.style)
    guard let path = cell.path else {
      return style.isEmpty ? text : "<span\(style)>\(text)</span>"
    }
    return "<data data-path=\"\(HTMLPage.escaped(path))\" "
      + "value=\"\(HTMLPage.escaped(cell.value))\"\(style)>\(text)</data>"
  }
}
