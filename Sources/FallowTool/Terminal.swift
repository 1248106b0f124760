// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import Foundation

/// What the output goes to.
enum Terminal {
  /// Colours, if standard output is a terminal and `NO_COLOR` is not set.
  static var colours: Colours {
    colours(
      isTerminal: isatty(STDOUT_FILENO) == 1,
      environment: ProcessInfo.processInfo.environment)
  }

  /// Colours for an output, in an environment.
  static func colours(
    isTerminal: Bool, environment: [String: String]
  ) -> Colours {
    let isRefused = !environment["NO_COLOR", default: ""].isEmpty
    return Colours(areOn: isTerminal && !isRefused)
  }
}
