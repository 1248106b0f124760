// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import Foundation

/// What the output goes to.
enum Terminal {
  /// Colours, if standard output is a terminal and `NO_COLOR` is not set.
  static var colours: Colours {
    let isRefused = !(environment("NO_COLOR") ?? "").isEmpty
    return Colours(areOn: isatty(STDOUT_FILENO) == 1 && !isRefused)
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name]
  }
}
