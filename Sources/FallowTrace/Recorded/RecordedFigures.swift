// SPDX-License-Identifier: Apache-2.0

/// What the recording alone says about the deferred free.
///
/// The encoded keys are the names of the properties, and stable. Percentiles
/// are by nearest rank, events in order of time, those of one time in the
/// order of the file; a distribution of nothing is all zeros.
public struct RecordedFigures: Codable, Equatable, Sendable {
  /// Kernel tables handed over to be freed.
  public var frees: Int

  /// Tables and blocks given back at once, past the list.
  ///
  /// Tables of unplugged memory by their mark (`no_mark`, `pt_kernel_mark`,
  /// `reserved`), and everything else as `now_free:` with the caller's name.
  public var atOnce: [String: Int]

  /// Worker runs that began.
  public var workerRuns: Int

  /// Tables that worker runs gave back.
  public var pagesReleased: Int

  /// Of these, tables that no recorded free had handed over.
  public var releasedWithoutEnqueue: Int

  /// Tables handed over and not given back when the recording ends.
  public var leftPending: Int

  /// The most tables that were handed over and not given back.
  public var maxPending: Int

  /// Tables given back in each worker run that ended.
  public var batchSize: BatchSizes

  /// Nanoseconds from a table's hand-over to its release.
  public var queueTimeNanoseconds: QueueTimes

  /// Frees by the function that asked for them.
  public var callers: [String: Int]

  /// How many tables worker runs gave back.
  public struct BatchSizes: Codable, Equatable, Sendable {
    /// The smallest.
    public var min: Int
    /// The median.
    public var p50: Int
    /// The 99th percentile.
    public var p99: Int
    /// The largest.
    public var max: Int
    /// The arithmetic mean, rounded to four decimals.
    public var mean: Double
    /// Runs that found nothing to give back.
    public var emptyRuns: Int
  }

  /// How long tables waited, in nanoseconds.
  public struct QueueTimes: Codable, Equatable, Sendable {
    /// The shortest.
    public var min: UInt64
    /// The median.
    public var p50: UInt64
    /// The 99th percentile.
    public var p99: UInt64
    /// The longest.
    public var max: UInt64
  }
}
