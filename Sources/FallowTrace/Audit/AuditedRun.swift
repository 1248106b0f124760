// SPDX-License-Identifier: Apache-2.0

/// A run of the worker, with what the order rules ask about it.
struct AuditedRun: Sendable {
  /// The worker's task.
  var task: Int
  /// When it began; nil if it began before the recording.
  var started: AuditMoment?
  /// When it had taken the list.
  var taken: AuditMoment?
  /// When its invalidation began.
  var invalidating: AuditMoment?
  /// When its invalidation ended.
  var invalidated: AuditMoment?
  /// When it ended.
  var ended: AuditMoment?
  /// The last event of the run so far.
  var last: AuditMoment
  /// The moments of its releases, and the tables: nil for one whose free was
  /// not recorded.
  var releases: [(moment: AuditMoment, life: Int?)] = []
  /// Tables that the recorder did not look at when the invalidation began.
  var unexamined = 0
  /// Tables of which it saw an entry then.
  var linked: Set<UInt64> = []

  init(_ event: TraceEvent, _ moment: AuditMoment) {
    task = event.task
    last = moment
  }

  /// Nanoseconds from its start to its end; nil if either was not recorded.
  var duration: UInt64? {
    guard let started, let ended else { return nil }
    return ended.time > started.time ? ended.time - started.time : 0
  }
}
