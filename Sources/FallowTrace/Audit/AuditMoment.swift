// SPDX-License-Identifier: Apache-2.0

/// When and where an event happened, and its rank among all events.
struct AuditMoment: Equatable, Sendable {
  /// The event's rank in the order of the recording.
  var order: Int
  /// Nanoseconds of the recording's clock.
  var time: UInt64
  /// The CPU.
  var cpu: Int
  /// The task that was running.
  var task: Int

  init(_ event: TraceEvent, order: Int) {
    self.order = order
    time = event.time
    cpu = event.cpu
    task = event.task
  }
}

extension AuditMoment: Comparable {
  static func < (one: AuditMoment, other: AuditMoment) -> Bool {
    one.order < other.order
  }
}
