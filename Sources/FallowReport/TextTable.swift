// SPDX-License-Identifier: Apache-2.0

/// A table of text: a heading row, rows of cells, columns that line up.
///
/// The first column is set flush left, the others flush right, unless more
/// hold text.
public struct TextTable: Sendable {
  /// A row, and whether it wants attention.
  public struct Row: Sendable {
    /// The cells from left to right.
    public var cells: [String]
    /// For each cell, how it is set off; plain for cells beyond the list.
    public var styles: [Style]
  }

  /// How text is set off on a terminal.
  public enum Style: Sendable {
    /// Not at all.
    case plain
    /// As what the eye should find first.
    case strong
    /// As something that is wrong.
    case alarm
    /// As something that is right.
    case calm
  }

  private let heading: [String]
  private let textColumns: Int
  private var rows: [Row] = []

  /// A table without rows under `heading`, whose first `textColumns` columns
  /// are set flush left.
  public init(heading: [String], textColumns: Int = 1) {
    self.heading = heading
    self.textColumns = textColumns
  }

  /// Adds a row of cells.
  public mutating func add(_ cells: [String], styles: [Style] = []) {
    rows.append(Row(cells: cells, styles: styles))
  }

  /// The lines of the table, without trailing blanks.
  ///
  /// - Complexity: O(cells)
  public func lines(colours: Colours) -> [String] {
    let all = [heading] + rows.map(\.cells)
    let columns = all.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let ruler = widths.map { String(repeating: "-", count: $0) }
      .joined(separator: "  ")
    return [line(heading, [], widths, colours), ruler]
      + rows.map { line($0.cells, $0.styles, widths, colours) }
  }

  private func line(
    _ cells: [String], _ styles: [Style], _ widths: [Int], _ colours: Colours
  ) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let blanks = String(repeating: " ", count: widths[column] - cell.count)
      let style = column < styles.count ? styles[column] : .plain
      let text = colours.text(cell, style)
      let isLast = column == cells.count - 1
      if column > 0 { line += "  " }
      line +=
        column < textColumns ? text + (isLast ? "" : blanks) : blanks + text
    }
    return line
  }
}
