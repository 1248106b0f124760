// SPDX-License-Identifier: Apache-2.0

/// What plots have in common.
enum PlotFrame {
  /// The first tag of a plot's `svg` element, and its title.
  static func start(
    _ title: String, _ width: Double, _ height: Double
  ) -> String {
    let name = HTMLPage.escaped(title)
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" "
      + "viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" "
      + "aria-label=\"\(name)\">\n"
  }

  /// A coordinate with one decimal.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let rest = tenths.magnitude
    return rest % 10 == 0
      ? "\(sign)\(rest / 10)" : "\(sign)\(rest / 10).\(rest % 10)"
  }
}
