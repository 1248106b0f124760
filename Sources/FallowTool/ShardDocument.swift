// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import Foundation

/// What `--shard` prints: which part of which work it is, and what came of it.
struct ShardDocument: Encodable {
  private let shard: ShardHeading
  private let result: any Encodable

  init(_ heading: ShardHeading, _ result: any Encodable) {
    shard = heading
    self.result = result
  }

  private enum CodingKeys: String, CodingKey {
    case shard, result
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shard, forKey: .shard)
    try result.encode(to: container.superEncoder(forKey: .result))
  }
}

/// Which part of which work a shard did.
struct ShardHeading: Codable {
  /// What was split.
  enum Work: String, Codable {
    /// The scenarios of the catalogue.
    case catalogue
    /// Executions at random.
    case executions
    /// The combinations of a sweep.
    case combinations
  }

  /// What was split.
  var work: Work
  /// Which part it is, from 1.
  var index: Int
  /// How many parts there are.
  var count: Int
  /// How many items all parts have together.
  var items: Int
  /// The release of the tool.
  var version: String
  /// All that a result depends on, by the names of options.
  var settings: [String: String]
  /// For combinations: the number, from 0, of that with the first stale walk.
  var firstStaleWalk: Int?

  init(
    _ work: Work, _ shard: Shard, items: Int, settings: [String: String]
  ) {
    self.work = work
    index = shard.index + 1
    count = shard.count
    self.items = items
    version = Version.current
    self.settings = settings
  }
}
