// SPDX-License-Identifier: Apache-2.0

/// How tables went through the queue, as plots show it.
///
/// Its size does not grow with the recording.
public struct TableFlow: Equatable, Sendable {
  /// Tables that were freed and not released, over time.
  public private(set) var quarantined = StepSeries()
  /// How long tables waited, in nanoseconds.
  public private(set) var waits = Histogram.durations
  /// How many tables each run of the worker released.
  public private(set) var batches = Histogram.sizes

  init() {}

  /// `pending` tables are freed and not released from `time` on.
  mutating func note(pending: Int, at time: UInt64) {
    quarantined.note(pending, at: time)
  }

  /// A table was released that had waited so many nanoseconds.
  mutating func note(wait: UInt64) {
    waits.add(wait)
  }

  /// A run of the worker released so many tables.
  mutating func note(batch: Int) {
    batches.add(UInt64(batch))
  }
}
