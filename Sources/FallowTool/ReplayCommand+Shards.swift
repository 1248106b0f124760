// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowSchemes
internal import FallowTrace

/// What the shards of `fallow replay --sweep` have to agree on.
extension ReplayCommand {
  /// What one shard says of itself.
  ///
  /// That all read the same recording is seen by what they say of it.
  func heading(
    of document: ReplayDocument, _ shard: Shard
  ) throws -> ShardHeading {
    var heading = ShardHeading(
      .combinations, shard, items: try runs.count,
      settings: machine.settings)
    heading.settings["combinations"] = try runs.map { run in
      let window = run.name.hasWindow ? "x\(run.point.window)" : ""
      return "\(run.name.rawValue) \(run.point.bound)x\(run.point.iommus)"
        + window
    }.joined(separator: ", ")
    heading.firstStaleWalk = document.firstStaleCombination
    return heading
  }
}

extension ReplayArguments {
  /// What a replay depends on besides its combination, by the names of options.
  var settings: [String: String] {
    [
      "iommu": "\(iommu)", "dma": "\(requestsPerSecond)",
      "supervisor": "\(supervisor)",
      "invalidation-latency": "\(invalidationLatency)",
      "worker-latency": workerLatency.map { "\($0)" } ?? "the recording's",
      "limit": limit.map { "\($0)" } ?? "none",
      "fail": fail.map { "\($0.rate)" } ?? "nothing",
      "entry-events": "\(entryEvents)", "seed": "\(seed)",
    ]
  }
}
