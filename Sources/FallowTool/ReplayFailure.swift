// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowMachine

/// The argument of `--fail`: `KIND` or `KIND:RATE`.
struct ReplayFailure: ExpressibleByArgument {
  /// What fails, and how often: one in ten if the argument does not say.
  let rate: FailureRate

  init?(argument: String) {
    let parts = argument.split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let kind = FailureKind(rawValue: String(parts[0])) else {
      return nil
    }
    var probability = 0.1
    if parts.count == 2 {
      guard let given = Double(parts[1]), (0...1).contains(given) else {
        return nil
      }
      probability = given
    }
    rate = FailureRate(kind, probability: probability)
  }
}
