// SPDX-License-Identifier: Apache-2.0

/// What the deferred free costs, as the recording shows it.
public struct AuditCost: Codable, Equatable, Sendable {
  /// Runs of the worker that began within the recording.
  public var workerRuns: Int
  /// How long the runs took, from their start to their end.
  public var workerRunNanoseconds: Durations
  /// How many tables a run released.
  public var batchSize: RecordedFigures.BatchSizes
  /// Invalidations for each table that was released; 0 if none was.
  public var invalidationsPerFreedTable: Double
  /// How long tables waited from their free to their release.
  public var queueTimeNanoseconds: RecordedFigures.QueueTimes

  /// Durations in nanoseconds: all zeros if there were none.
  public struct Durations: Codable, Equatable, Sendable {
    /// The shortest.
    public var min: UInt64
    /// The median.
    public var p50: UInt64
    /// The 99th percentile.
    public var p99: UInt64
    /// The longest.
    public var max: UInt64
    /// All of them together.
    public var total: UInt64
  }

  init(_ history: AuditHistory, _ figures: RecordedFigures) {
    let durations = history.runs.compactMap(\.duration).sorted()
    let invalidations = history.runs.count { $0.invalidating != nil }
    workerRuns = figures.workerRuns
    workerRunNanoseconds = Durations(
      min: durations.first ?? 0,
      p50: NearestRank.percentile(50, of: durations),
      p99: NearestRank.percentile(99, of: durations),
      max: durations.last ?? 0, total: durations.reduce(0, &+))
    batchSize = figures.batchSize
    let ratio =
      figures.pagesReleased == 0
      ? 0 : Double(invalidations) / Double(figures.pagesReleased)
    invalidationsPerFreedTable = (ratio * 10_000).rounded() / 10_000
    queueTimeNanoseconds = figures.queueTimeNanoseconds
  }
}
