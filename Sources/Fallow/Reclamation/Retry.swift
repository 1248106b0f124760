// SPDX-License-Identifier: Apache-2.0

/// When the worker asks again for tables that a walker did not answer for.
///
/// In ``firstRetry`` after the first run that parked tables, and twice as late
/// after each run in a row that did, up to 2^``mostDoublings`` times as late: an
/// IOMMU that is dead takes the worker's patience at each run. A run in which
/// every walker answered begins anew, and so does an expulsion, which schedules
/// the worker at once.
///
/// How many runs that were is kept as a statistic: it decides how soon memory
/// comes back, never whether it may.
extension Platform {
  /// When the first retry is due, in nanoseconds: 10 ms.
  @inlinable
  static var firstRetry: UInt64 { 10_000_000 }

  /// How often the delay doubles: up to 10 s.
  @inlinable
  static var mostDoublings: UInt64 { 10 }

  /// Schedules the worker for tables that were just parked.
  @inlinable
  @inline(never)
  func scheduleRetry() throws(Interruption) {
    let doublings = min(try counted(at: .retries), Self.mostDoublings)
    if doublings < Self.mostDoublings { try count(1, at: .retries) }
    try scheduleRetry(after: Self.firstRetry &<< doublings)
  }

  /// Begins anew: walkers answer.
  @inlinable
  @inline(never)
  func endRetries() throws(Interruption) {
    let runs = try counted(at: .retries)
    try count(-Int64(truncatingIfNeeded: runs), at: .retries)
  }
}
