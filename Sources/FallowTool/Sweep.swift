// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowSchemes
internal import FallowTrace

/// The values of `--sweep`: every combination of them is replayed.
struct Sweep {
  /// A combination.
  struct Point {
    var bound: Int
    var iommus: Int
    var window: Nanoseconds
  }

  private var bounds: [Int]
  private var iommus: [Int]
  private var windows: [Nanoseconds]

  /// The parameters, as words of the command line begin.
  static let parameters = ["bound", "iommus", "window"]

  /// More combinations than these are a slip of the pen.
  private static let limit = 1_000

  /// Whether `word` gives values to a parameter, or looks like it.
  static func isParameter(_ word: String) -> Bool {
    parameters.contains { word.hasPrefix($0 + "=") }
  }

  /// Reads `words`, each a parameter with values: `bound=1,8,64`.
  ///
  /// - Parameters:
  ///   - words: The words.
  ///   - arguments: The values of the parameters that no word names.
  /// - Throws: A `ValidationError` that names the word that is wrong.
  init(_ words: [String], _ arguments: ReplayArguments) throws {
    bounds = [arguments.boundSpaces]
    iommus = [arguments.iommus]
    windows = [arguments.window]
    var seen: Set<String> = []
    for word in words {
      let parts = word.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard parts.count == 2, Self.parameters.contains(name) else {
        throw ValidationError(
          "--sweep takes bound=, iommus= and window= with values, not \(word)")
      }
      guard seen.insert(name).inserted else {
        throw ValidationError("--sweep has \(name) twice")
      }
      let values = String(parts[1])
      switch name {
      case "bound":
        bounds = try Self.values(
          values, of: name, ReplayArguments.boundRange)
      case "iommus":
        iommus = try Self.values(values, of: name, ReplayArguments.iommuRange)
      default:
        windows = try Self.times(values, of: name)
      }
    }
    guard bounds.count * iommus.count * windows.count <= Self.limit else {
      throw ValidationError(
        "--sweep takes at most \(Self.limit) combinations of values")
    }
  }

  private static func values(
    _ text: String, of name: String, _ range: ClosedRange<Int>
  ) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let value = Int($0), range.contains(value) else {
        throw ValidationError(
          "--sweep \(name)= takes numbers from \(range.lowerBound) to "
            + "\(range.upperBound), not '\($0)'")
      }
      return value
    }
  }

  private static func times(
    _ text: String, of name: String
  ) throws -> [Nanoseconds] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let value = Nanoseconds(argument: String($0)),
        value.value <= ReplayArguments.longestWindow.value
      else {
        throw ValidationError(
          "--sweep \(name)= takes times up to "
            + "\(ReplayArguments.longestWindow), such as 100us, not '\($0)'")
      }
      return value
    }
  }

  /// The combinations that a scheme is replayed with; only `fallow` has a
  /// window.
  func points(for scheme: SchemeName) -> [Point] {
    let windows = scheme.hasWindow ? windows : [Nanoseconds(0)]
    return bounds.flatMap { bound in
      iommus.flatMap { iommus in
        windows.map { Point(bound: bound, iommus: iommus, window: $0) }
      }
    }
  }
}
