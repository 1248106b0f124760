// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// Gives a table back at once, without asking a walker.
struct ReleaseBeforeInvalidation: ReclamationScheme {
  typealias P = SteppingMachine
  let reclaimer: Reclaimer<SteppingDriver>

  var platform: SteppingMachine { reclaimer.platform }

  func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(Stop) {
    let (platform, head, _) = tables.take()
    var frame = head
    while frame != .none {
      let next = try platform.link(of: frame)
      try platform.move(frame, from: .quarantined, to: .released)
      try platform.free(frame, order: 0)
      frame = next
    }
  }

  func reclaim() throws(Stop) {}

  func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(Stop) { try table.release() }
}

/// A worker that lets the walkers forget before it takes the batch, so that a
/// table unlinked in between goes unasked for.
struct InvalidationBeforeBatch: ReclamationScheme {
  typealias P = SteppingMachine
  let reclaimer: Reclaimer<SteppingDriver>

  var platform: SteppingMachine { reclaimer.platform }

  func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(Stop) {
    try reclaimer.enqueue(tables)
  }

  func reclaim() throws(Stop) {
    let platform = platform
    try platform.lock(.reclamation)
    try platform.awaitReaders()
    _ = try reclaimer.sharing.invalidate()
    let (_, head, _) = try reclaimer.takeBatch().take()
    _ = try ReleasableBatch(platform, head: head).release()
    try platform.unlock(.reclamation)
  }

  func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(Stop) { try table.release() }
}
