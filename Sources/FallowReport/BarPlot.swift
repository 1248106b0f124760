// SPDX-License-Identifier: Apache-2.0

/// Bars that stand beside each other, each with its value above and its name
/// below.
public struct BarPlot: Sendable {
  /// A bar.
  public struct Bar: Sendable {
    /// What it stands for.
    public var name: String
    /// Its height.
    public var value: Double
    /// The value as text.
    public var text: String

    /// A bar of that height.
    public init(name: String, value: Double, text: String) {
      self.name = name
      self.value = value
      self.text = text
    }
  }

  private let title: String
  private let bars: [Bar]

  /// A plot of `bars`; `title` is its description for a reader that cannot see
  /// it.
  public init(title: String, _ bars: [Bar]) {
    self.title = title
    self.bars = bars
  }

  private static let width = 480.0
  private static let left = 44.0
  private static let head = 20.0
  private static let base = 130.0
  private static let widest = 80.0

  /// The drawing, an `svg` element.
  ///
  /// - Complexity: O(bars)
  public var drawing: String {
    let room = (Self.width - Self.left) / Double(max(1, bars.count))
    let step = min(room, Self.widest)
    let isTilted = bars.contains { Double($0.name.count) * 6.5 > step }
    let most = bars.map(\.value).max() ?? 0
    let base = Self.base
    var svg = PlotFrame.start(title, Self.width, base + (isTilted ? 60 : 22))
    svg +=
      "<line x1=\"\(Self.left)\" x2=\"\(Self.width)\" y1=\"\(base)\" "
      + "y2=\"\(base)\"/>\n"
    for (index, bar) in bars.enumerated() {
      let left = Self.left + Double(index) * step
      let middle = left + step / 2
      let size = most > 0 ? bar.value / most * (base - Self.head) : 0
      svg +=
        "<rect class=\"bar\" x=\"\(PlotFrame.number(left + step * 0.1))\" "
        + "y=\"\(PlotFrame.number(base - size))\" "
        + "width=\"\(PlotFrame.number(step * 0.8))\" "
        + "height=\"\(PlotFrame.number(size))\"/>\n"
      svg +=
        "<text x=\"\(PlotFrame.number(middle))\" "
        + "y=\"\(PlotFrame.number(base - size - 4))\" "
        + "text-anchor=\"middle\" font-size=\"11\">"
        + "\(HTMLPage.escaped(bar.text))</text>\n"
      svg += name(bar.name, at: middle, base + 14, isTilted: isTilted)
    }
    return svg + "</svg>"
  }

  /// The name below a bar: tilted where it would not fit beside the next one.
  private func name(
    _ name: String, at x: Double, _ y: Double, isTilted: Bool
  ) -> String {
    let place = "x=\"\(PlotFrame.number(x))\" y=\"\(PlotFrame.number(y))\""
    let turn =
      isTilted
      ? "text-anchor=\"end\" transform=\"rotate(-50 \(PlotFrame.number(x)) "
        + "\(PlotFrame.number(y)))\""
      : "text-anchor=\"middle\""
    return "<text class=\"quiet\" \(place) \(turn) font-size=\"11\">"
      + "\(HTMLPage.escaped(name))</text>\n"
  }
}
