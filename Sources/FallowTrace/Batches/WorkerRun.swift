// SPDX-License-Identifier: Apache-2.0

/// One run of the worker that gives deferred tables back.
public struct WorkerRun: Equatable, Sendable {
  /// The worker thread's process id.
  public var task: Int
  /// The CPU on which the run began.
  public var cpu: Int
  /// When it began, in nanoseconds.
  public var start: UInt64
  /// When it took the list; nil if that was not recorded.
  public var spliced: UInt64?
  /// When it asked the IOMMUs to forget; nil if that was not recorded.
  public var invalidated: UInt64?
  /// When it ended; nil if the recording ends first.
  public var end: UInt64?
  /// When the first of its tables was handed over; nil if it had none.
  public var firstHandedOver: UInt64?

  /// The descriptors of the tables it gave back, in that order.
  public var released: [UInt64] = []

  /// The batch by the list's own events; nil if these were not recorded.
  ///
  /// What was listed since the splice before, newest first.
  public var listed: [UInt64]?

  /// The batch by entry events alone; nil if the run asked no IOMMU.
  ///
  /// What was handed over before the run's invalidation and not given back
  /// yet, newest first.
  public var handedOver: [UInt64]?

  init(task: Int, cpu: Int, start: UInt64) {
    self.task = task
    self.cpu = cpu
    self.start = start
  }
}
