// SPDX-License-Identifier: Apache-2.0

/// Where a table stands between its construction and its end.
@frozen
public enum TableState: UInt8, BitwiseCopyable, Sendable {
  /// Made, and no entry points to it.
  case constructed
  /// An entry points to it.
  case linked
  /// The entry was cleared; the table waits to be retired.
  case unlinked
  /// Retired: the worker has it, or will.
  case quarantined
  /// Quarantined, and a walker did not answer.
  case parked
  /// Given back to the allocator.
  case released
  /// At its end like a released one, but in memory that nobody may reuse.
  case retained
}
