/// One self-contained HTML file: text, tables and drawings, no script, nothing
/// fetched.
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

  /// Adds a drawing, an `svg` element.
  public mutating func add(drawing: String) {
    body += drawing + "\n"
  }

  /// The text of the file.
  public var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <title>\(Self.escaped(title))</title>
    <style>
    body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto;
      max-width: 70em; padding: 0 1em; color: #222; background: #fff; }
    h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
    svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; }
    </style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(body)</body>
    </html>

    """
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
