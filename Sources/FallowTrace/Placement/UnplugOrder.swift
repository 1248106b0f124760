// SPDX-License-Identifier: Apache-2.0

/// Tables given back at once while the entry that links them still stood.
///
/// Linux frees tables of unplugged memory so: past the list and the IOMMUs,
/// before the entry is cleared and the CPUs are flushed.
public struct FreedBeforeClear: Codable, Equatable, Sendable {
  /// How many there were.
  public var tables = 0
  /// Of these, those whose window the recording names.
  public var placed = 0
  /// How many there were of each level, by ``LinuxLevel``'s names.
  ///
  /// A table of unknown level is in ``tables`` alone.
  public var byLevel: [String: Int] = [:]

  /// Makes counts of nothing.
  public init() {}

  fileprivate mutating func count(_ table: UnpluggedTable) {
    tables += 1
    if case .exact = table.place { placed += 1 }
    if let level = table.level { byLevel[level.rawValue, default: 0] += 1 }
  }
}

/// Tables queued while the entry that links them still stood.
///
/// Linux 6.19 to 7.3 queues marked tables of unplugged memory so, and clears
/// the entry afterwards: the worker may be faster.
public struct QueuedBeforeClear: Codable, Equatable, Sendable {
  /// How many there were.
  public var tables = 0
  /// Of these, those whose window the recording names.
  public var placed = 0
  /// Of ``tables``, those of which the recording says when the entry was
  /// cleared.
  public var clearRecorded = 0
  /// Of ``tables``, those that the worker gave back before that.
  public var releasedWhileNamed = 0

  /// Makes counts of nothing.
  public init() {}

  fileprivate mutating func count(_ table: UnpluggedTable) {
    tables += 1
    if case .exact = table.place { placed += 1 }
    if table.cleared != nil { clearRecorded += 1 }
    if table.isReleasedWhileNamed { releasedWhileNamed += 1 }
  }
}

/// Whether `remove_pagetable` freed its tables before it cleared their entries.
struct UnplugOrder {
  private(set) var freedBeforeClear = FreedBeforeClear()
  private(set) var queuedBeforeClear = QueuedBeforeClear()
  /// Tables of which the recording does not say how they went back.
  private(set) var unknownRoutes = 0

  /// Counts a table of which nothing more can become known.
  mutating func count(_ table: UnpluggedTable) {
    switch table.route {
    case .queued
    where table.hotFree != nil || table.cleared != nil || table.wasSeenNamed:
      queuedBeforeClear.count(table)
    case .atOnce: freedBeforeClear.count(table)
    // A table in reserved memory stays with its reserver.
    case .unknown where table.flags.map(HotFreeMark.init(flags:)) != .reserved:
      unknownRoutes += 1
    case .queued, .unknown: break
    }
  }
}
