// SPDX-License-Identifier: Apache-2.0

/// A timeline as a drawing: a column for each actor, a row for each event, and
/// at the right how things stand after it.
public struct ColumnTimeline: Sendable {
  /// One event.
  public struct Event: Sendable {
    /// The actor.
    public var actor: String
    /// What.
    public var text: String
    /// Where it comes from, in small print.
    public var source: String
    /// How things stand after it.
    public var standing: String

    /// An event of `actor`.
    public init(actor: String, text: String, source: String, standing: String) {
      self.actor = actor
      self.text = text
      self.source = source
      self.standing = standing
    }
  }

  private let events: [Event]

  /// A timeline of `events`; the last one is what went wrong.
  public init(_ events: [Event]) {
    self.events = events
  }

  private static let column = 270
  private static let row = 46
  private static let head = 34

  /// The drawing, an `svg` element.
  ///
  /// - Complexity: O(events)
  public var drawing: String {
    var actors: [String] = []
    for event in events where !actors.contains(event.actor) {
      actors.append(event.actor)
    }
    let width = (actors.count + 1) * Self.column
    let height = Self.head + events.count * Self.row + 8
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) "
      + "\(height)\" width=\"\(width)\" role=\"img\">\n"
    for (index, name) in (actors + ["the frame"]).enumerated() {
      let left = index * Self.column
      svg += text(name, left + 10, 22, weight: "bold")
      svg +=
        "<line x1=\"\(left + 4)\" y1=\"\(Self.head)\" x2=\"\(left + 4)\" "
        + "y2=\"\(height - 8)\"/>\n"
    }
    for (index, event) in events.enumerated() {
      let left = (actors.firstIndex(of: event.actor) ?? 0) * Self.column
      let top = Self.head + index * Self.row
      let isLast = index == events.count - 1
      svg +=
        "<rect x=\"\(left + 8)\" y=\"\(top)\" width=\"\(Self.column - 14)\" "
        + "height=\"\(Self.row - 6)\" rx=\"4\" "
        + "class=\"\(isLast ? "wrong" : "box")\"/>\n"
      svg += text(event.text, left + 14, top + 17)
      svg += text(event.source, left + 14, top + 33, style: "quiet", size: 11)
      svg += text(
        event.standing, actors.count * Self.column + 10, top + 24,
        weight: isLast ? "bold" : "normal",
        style: isLast ? "alarm" : "")
    }
    return svg + "</svg>"
  }

  private func text(
    _ text: String, _ x: Int, _ y: Int, weight: String = "normal",
    style: String = "", size: Int = 13
  ) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" "
      + "font-weight=\"\(weight)\" class=\"\(style)\">"
      + "\(HTMLPage.escaped(text))</text>\n"
  }
}
