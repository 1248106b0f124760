// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowTrace

/// A scheme on the command line.
struct SchemeArgument: ExpressibleByArgument {
  /// The scheme.
  let scheme: SchemeName

  init?(argument: String) {
    guard let scheme = SchemeName(rawValue: argument) else { return nil }
    self.scheme = scheme
  }

  static var allValueStrings: [String] { SchemeName.allCases.map(\.rawValue) }
}
