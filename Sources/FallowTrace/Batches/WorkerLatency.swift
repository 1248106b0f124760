// SPDX-License-Identifier: Apache-2.0

/// How long a worker run began after the first of its tables was handed over.
public struct WorkerLatency: Codable, Equatable, Sendable {
  /// Runs that gave back a table whose hand-over was recorded.
  public var runs: Int
  /// The median over these runs, in nanoseconds; 0 if there were none.
  public var medianNanoseconds: UInt64
}

/// Gathers the latencies of runs.
struct WorkerLatencyCounter {
  private var latencies: [UInt64] = []

  mutating func add(_ run: WorkerRun) {
    guard let first = run.firstHandedOver else { return }
    // A table can join a run that has begun: it did not wait for its start.
    latencies.append(run.start > first ? run.start - first : 0)
  }

  /// - Complexity: O(n log n) in the runs.
  var latency: WorkerLatency {
    WorkerLatency(
      runs: latencies.count,
      medianNanoseconds: NearestRank.percentile(50, of: latencies.sorted()))
  }
}
