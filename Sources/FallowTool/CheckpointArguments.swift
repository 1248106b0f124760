// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer

/// The options of `fallow check` that keep a search in a file.
struct CheckpointArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Keep the search in this file, now and then and at SIGINT or SIGTERM, so \
      that it can be continued.
      """, valueName: "file"))
  var checkpoint: String?

  @Option(
    name: .customLong("continue"),
    help: ArgumentHelp(
      """
      Go on from where this file was kept, with the same options, and keep the \
      search in it.
      """, valueName: "file"))
  var continued: String?

  @Option(
    help: ArgumentHelp(
      "Seconds between two times that the file is written. (default: 300)",
      valueName: "seconds"))
  var checkpointInterval: Double?

  /// Whether the search is kept.
  var isGiven: Bool { checkpoint != nil || continued != nil }

  func validate() throws {
    if checkpoint != nil, continued != nil {
      throw ValidationError(
        "--continue keeps the search in its own file: leave --checkpoint out")
    }
    guard let checkpointInterval else { return }
    if !isGiven {
      throw ValidationError(
        "--checkpoint-interval goes with --checkpoint or --continue")
    }
    guard (0...1_000_000).contains(checkpointInterval) else {
      throw ValidationError(
        "--checkpoint-interval takes a number from 0 to 1000000")
    }
  }

  /// How a search is kept; nil if it is not.
  ///
  /// - Parameter identity: What is searched, and how.
  func options(_ identity: [String: String]) -> CheckpointOptions? {
    guard let path = checkpoint ?? continued else { return nil }
    var options = CheckpointOptions(path: path, identity: identity)
    options.continues = continued != nil
    options.interval = checkpointInterval ?? options.interval
    return options
  }
}
