// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer

/// The argument of `--shard`: `I/N`, which is the first to the `N`th of `N`
/// parts.
struct ShardArgument: ExpressibleByArgument {
  /// The most parts that work is split into.
  static let most = 100_000

  /// The part.
  let shard: Shard

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let place = Int(parts[0]),
      let count = Int(parts[1]),
      (1...Self.most).contains(count), (1...count).contains(place)
    else { return nil }
    shard = Shard(index: place - 1, count: count)
  }
}

/// The option `--shard` of commands whose work can be split.
struct ShardOption: ParsableArguments {
  @Option(
    name: .customLong("shard"),
    help: ArgumentHelp(
      """
      Do the i-th of n equal parts of the work, and print JSON for fallow \
      merge: for engines that run many processes.
      """, valueName: "i/n"))
  var argument: ShardArgument?

  /// The part; nil if the work is not split.
  var shard: Shard? { argument?.shard }
}
