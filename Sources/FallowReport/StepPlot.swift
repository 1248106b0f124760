// SPDX-License-Identifier: Apache-2.0

/// A count over time, drawn as steps over an area.
public struct StepPlot: Sendable {
  private let title: String
  private let counts: [Int]
  private let start: String
  private let end: String

  /// A plot of counts that follow each other in equal times.
  ///
  /// - Parameters:
  ///   - title: What it shows, for a reader that cannot see it.
  ///   - counts: The counts.
  ///   - start: The time of the first, as text.
  ///   - end: The time of the last, as text.
  public init(title: String, _ counts: [Int], start: String, end: String) {
    self.title = title
    self.counts = counts
    self.start = start
    self.end = end
  }

  private static let width = 480.0
  private static let height = 160.0
  private static let left = 40.0
  private static let head = 12.0
  private static let foot = 22.0

  /// The drawing, an `svg` element.
  ///
  /// - Complexity: O(counts)
  public var drawing: String {
    let most = max(1, counts.max() ?? 0)
    let base = Self.height - Self.foot
    let step = (Self.width - Self.left) / Double(max(1, counts.count))
    var path = "M\(PlotFrame.number(Self.left)) \(PlotFrame.number(base))"
    for (index, count) in counts.enumerated() {
      let top = base - Double(count) / Double(most) * (base - Self.head)
      path += "V\(PlotFrame.number(top))"
      path += "H\(PlotFrame.number(Self.left + Double(index + 1) * step))"
    }
    path += "V\(PlotFrame.number(base))Z"
    return PlotFrame.start(title, Self.width, Self.height)
      + "<path class=\"area\" d=\"\(path)\"/>\n"
      + "<line x1=\"\(Self.left)\" x2=\"\(Self.width)\" y1=\"\(base)\" "
      + "y2=\"\(base)\"/>\n"
      + text(Numbers.count(most), Self.left - 4, Self.head + 4, "end")
      + text("0", Self.left - 4, base + 4, "end")
      + text(start, Self.left, Self.height - 6, "start")
      + text(end, Self.width, Self.height - 6, "end")
      + "</svg>"
  }

  private func text(
    _ text: String, _ x: Double, _ y: Double, _ anchor: String
  ) -> String {
    "<text class=\"quiet\" x=\"\(PlotFrame.number(x))\" "
      + "y=\"\(PlotFrame.number(y))\" text-anchor=\"\(anchor)\" "
      + "font-size=\"11\">\(HTMLPage.escaped(text))</text>\n"
  }
}
