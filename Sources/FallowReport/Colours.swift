// SPDX-License-Identifier: Apache-2.0

/// Whether text may be set off by a terminal's colours, and how.
public struct Colours: Sendable {
  /// No colours: for files, pipes, and users that set `NO_COLOR`.
  public static let none = Colours(areOn: false)

  private let areOn: Bool

  /// Colours, if `areOn`.
  public init(areOn: Bool) {
    self.areOn = areOn
  }

  /// `text` in `style`.
  public func text(_ text: String, _ style: TextTable.Style) -> String {
    guard areOn else { return text }
    return switch style {
    case .plain: text
    case .strong: "\u{1B}[1m\(text)\u{1B}[0m"
    case .alarm: "\u{1B}[1;31m\(text)\u{1B}[0m"
    case .calm: "\u{1B}[32m\(text)\u{1B}[0m"
    }
  }
}
