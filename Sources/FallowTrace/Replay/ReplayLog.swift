// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What a replay observes of its scheme: each table from its retirement to its
/// release, and the worker's batches.
struct ReplayLog {
  private struct Pending {
    var descriptor: UInt64?
    var retired: UInt64
  }

  private var pendingTables: [FrameNumber: Pending] = [:]
  private var openRun = BatchFingerprint()
  private var openRunLength = 0
  private(set) var queueTimes: [UInt64] = []
  /// The same, as plots show it.
  private(set) var flow = TableFlow()
  private(set) var maxPending = 0
  /// The most tables that were pending when an operation began that keeps to
  /// the limit.
  private(set) var maxPendingAtStart = 0
  private(set) var released = 0
  /// What each worker run released.
  private(set) var runs: [BatchFingerprint] = []
  /// Runs that were to start while one was under way.
  var runsWaiting = 0
  /// The descriptor of the table that is being retired.
  var descriptor: UInt64?
  /// Tables freed while their entry still pointed to them.
  var freedBeforeClear = 0
  /// How often a table was parked.
  var parked = 0
  /// How often a device was expelled.
  var expelled = 0
  /// Tables that had to be set up anew because the replay had something else
  /// where the recording frees one.
  var restored = 0
  /// Tables whose place was made up.
  var synthetic = 0
  /// What the recording says and the replay could not do.
  var leftOut = 0

  /// How many tables are retired and not released.
  var pending: Int { pendingTables.count }

  /// An operation begins that keeps to the limit.
  mutating func noteRoom() {
    maxPendingAtStart = max(maxPendingAtStart, pendingTables.count)
  }

  /// A table was retired.
  mutating func retired(_ frame: FrameNumber, at time: UInt64) {
    pendingTables[frame] = Pending(descriptor: descriptor, retired: time)
    maxPending = max(maxPending, pendingTables.count)
    flow.note(pending: pendingTables.count, at: time)
  }

  /// A table was released, retired before or not.
  mutating func released(_ frame: FrameNumber, at time: UInt64) {
    released += 1
    guard let table = pendingTables.removeValue(forKey: frame) else { return }
    let wait = time > table.retired ? time - table.retired : 0
    queueTimes.append(wait)
    flow.note(wait: wait)
    flow.note(pending: pendingTables.count, at: time)
    openRun.add(table.descriptor ?? 0)
    openRunLength += 1
  }

  /// A worker run begins.
  mutating func beginRun() {
    openRun = BatchFingerprint()
    openRunLength = 0
  }

  /// It ends.
  mutating func endRun() {
    runs.append(openRun)
    flow.note(batch: openRunLength)
  }
}
