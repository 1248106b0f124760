// SPDX-License-Identifier: Apache-2.0

/// What came of a recording under one scheme.
///
/// The encoded keys are the names of the properties, and stable.
public struct SchemeResult: Codable, Equatable, Sendable {
  /// The scheme.
  public var name: String
  /// Whether it claims that no walker reaches a released table.
  public var claimsSafety: Bool
  /// Whether a walker could use a table after it was freed.
  public var verdict: Verdict
  /// What was violated, and why the rest is not judged.
  public var reasons: [String]
  /// Tables released during the run.
  public var tablesFreed: Int
  /// Requests to an IOMMU to forget something.
  public var invalidationRequests: UInt64
  /// Descriptors that the IOMMUs' queues were given, waits among them.
  public var descriptors: UInt64
  /// Times that software waited for an IOMMU.
  public var waits: UInt64
  /// Simulated nanoseconds that it waited in all.
  public var waitedNanoseconds: UInt64
  /// ``invalidationRequests`` for each of ``tablesFreed``; 0 if none was.
  public var invalidationsPerFreedTable: Double
  /// Requests that the devices issued.
  public var deviceRequests: UInt64
  /// Those that had to walk.
  public var walks: UInt64
  /// Those that found their translation cached.
  public var cacheHits: UInt64
  /// Walks that used an entry of a table that was unlinked and not released.
  public var walksThroughQuarantined: UInt64
  /// Entries read from tables that were none any more.
  public var staleReads: UInt64
  /// Accessed and dirty bits written into such.
  public var staleWrites: UInt64
  /// Accesses to leaf frames that had a new owner.
  public var staleAccesses: UInt64
  /// The most tables that were retired and not released.
  public var maxPending: Int
  /// How often a table was parked because a walker did not answer.
  public var parked: Int
  /// How often a device was expelled because its IOMMU did not answer.
  public var expelled: Int
  /// Tables released though an IOMMU that may have walked them had not
  /// completed a request, and a wait after it, since they were retired.
  public var releasedUnanswered: Int
  /// Failures of the IOMMUs that stopped their queues.
  public var failures: UInt64
  /// Tables that were retired and never released.
  public var leftPending: Int
  /// Tables released while their entry still pointed to them.
  public var freedBeforeClear: Int
  /// Nanoseconds from a table's retirement to its release.
  public var queueTimeNanoseconds: SimulatedQueueTimes
  /// How the worker's batches compare with the recorded ones.
  public var batches: BatchComparison
  /// What did not go as recorded.
  public var departures: Departures

  /// How long tables waited, in simulated nanoseconds.
  public struct SimulatedQueueTimes: Codable, Equatable, Sendable {
    /// The median.
    public var p50: UInt64
    /// The 99th percentile.
    public var p99: UInt64
    /// The longest.
    public var max: UInt64
  }

  /// How many worker runs released what the recorded ones did, in that order.
  public struct BatchComparison: Codable, Equatable, Sendable {
    /// Runs of the scheme.
    public var runs: Int
    /// Runs that equal the recorded run of the same number.
    public var equal: Int
  }

  /// Where the replay had to help the recording.
  public struct Departures: Codable, Equatable, Sendable {
    /// Tables set up anew where the recording frees one.
    public var restored: Int
    /// Tables whose place was made up.
    public var synthetic: Int
    /// Mappings and tables that could not be set up: their addresses are not in
    /// the kernel half of four-level paging, or the simulated machine is too
    /// small for them.
    public var leftOut: Int
    /// Nanoseconds without events that the replay left out.
    public var omittedNanoseconds: UInt64
  }
}
