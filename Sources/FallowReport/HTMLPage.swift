// SPDX-License-Identifier: Apache-2.0

/// One self-contained HTML file: text, tables and drawings, no script, nothing
/// fetched.
///
/// It follows the reader's choice of light or dark, and fits the width of a
/// phone: what is wider scrolls by itself.
public struct HTMLPage: Sendable {
  private let title: String
  private var body = ""

  /// An empty page of that title.
  public init(title: String) {
    self.title = title
  }

  /// Adds a heading.
  public mutating func addHeading(_ text: String) {
    body += "<h2>\(Self.escaped(text))</h2>\n"
  }

  /// Adds a paragraph.
  public mutating func addParagraph(_ text: String) {
    body += "<p>\(Self.escaped(text))</p>\n"
  }

  /// Adds a paragraph that is set off.
  public mutating func addVerdict(_ text: String, _ style: TextTable.Style) {
    body += "<p\(Self.attribute(style))>\(Self.escaped(text))</p>\n"
  }

  /// Adds a drawing, an `svg` element.
  public mutating func add(drawing: String) {
    body += "<div class=\"scroll\">\(drawing)</div>\n"
  }

  /// Adds a drawing with a line of text below it.
  public mutating func add(figure drawing: String, caption: String) {
    body +=
      "<figure><div class=\"scroll\">\(drawing)</div>"
      + "<figcaption>\(Self.escaped(caption))</figcaption></figure>\n"
  }

  /// Adds a table.
  public mutating func add(_ table: HTMLTable) {
    body += "<div class=\"scroll\">\(table.markup)</div>\n"
  }

  /// Adds events in their order.
  ///
  /// - Parameter events: For each its time, who acts, what happens, and whether
  ///   it is what went wrong.
  public mutating func addTimeline(
    _ events: [(time: String, actor: String, text: String, isWrong: Bool)]
  ) {
    body += "<ol class=\"timeline\">\n"
    for event in events {
      body +=
        "<li\(Self.attribute(event.isWrong ? .alarm : .plain))><span>"
        + "\(Self.escaped(event.time)) \(Self.escaped(event.actor))</span>"
        + "\(Self.escaped(event.text))</li>\n"
    }
    body += "</ol>\n"
  }

  /// The text of the file.
  public var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escaped(title))</title>
    <style>
    \(PageStyle.text)
    </style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(body)</body>
    </html>

    """
  }

  /// The attribute that sets an element off; empty for a plain one.
  static func attribute(_ style: TextTable.Style) -> String {
    switch style {
    case .plain: ""
    case .strong: " class=\"strong\""
    case .alarm: " class=\"alarm\""
    case .calm: " class=\"calm\""
    }
  }

  /// `text` with what HTML takes for markup replaced.
  public static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
