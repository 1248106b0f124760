// SPDX-License-Identifier: Apache-2.0

/// Follows the tables of unplugged memory, one at a time in each task.
struct UnplugTracker {
  private var open: [Int: UnpluggedTable] = [:]
  private var ranges: [Int: Range<UInt64>] = [:]
  private var entries = KnownEntries()
  private var settled: [UnpluggedTable] = []
  /// What `fallow record` saw last, in each task.
  var observations: [Int: TableObservation] = [:]
  /// Tables that it saw queued while their entry named them, by descriptor.
  var seenNamed: [UInt64: UnpluggedTable] = [:]

  /// Tasks that are followed at once.
  static let taskLimit = 1 << 14

  /// Takes the `index`th event.
  ///
  /// - Returns: Whether it hands over a table of unplugged memory.
  @inline(__always)
  mutating func receive(_ event: TraceEvent, at index: Int) -> Bool {
    switch event.payload {
    case .pteAlloc, .pmdAlloc, .pudAlloc, .pmdFree, .pudFree:
      entries.receive(event.payload)
    case .hotUnmap, .hotFree, .tableFree, .freedAtOnce, .entryCleared, .release:
      if receiveObserved(event, at: index) { return true }
      receiveUnplug(event, at: index)
      return open[event.task]?.tableFree == index
    case .observed(let seen):
      if observations.count == Self.taskLimit { observations.removeAll() }
      observations[event.task] = seen
    case .stillLinked(let descriptor):
      seenNamed[descriptor]?.isNamedAtInvalidation = true
    default: break
    }
    return false
  }

  private mutating func receiveUnplug(_ event: TraceEvent, at index: Int) {
    switch event.payload {
    case .hotUnmap(let start, let end, _):
      settle(event.task)
      if ranges.count == Self.taskLimit { ranges.removeAll() }
      ranges[event.task] = start < end ? start..<end : nil
    case .hotFree(let descriptor, let flags, _, let r13, let r14):
      settle(event.task)
      var table = UnpluggedTable(
        descriptor: descriptor, flags: flags, registers: [r13, r14],
        range: ranges[event.task], hotFree: index)
      table.findPlace(entries)
      begin(table, event.task)
    case .tableFree(let descriptor, _, let caller):
      if open[event.task]?.descriptor == descriptor {
        open[event.task]?.route = .queued
        open[event.task]?.tableFree = index
      } else if caller.symbol == .removePageTable,
        observations[event.task]?.descriptor != descriptor
      {
        settle(event.task)
        begin(
          UnpluggedTable(
            descriptor: descriptor, range: ranges[event.task],
            tableFree: index, route: .queued), event.task)
      }
    case .freedAtOnce(let descriptor, _, _):
      if open[event.task]?.descriptor == descriptor {
        open[event.task]?.route = .atOnce
      }
    case .entryCleared(let entry, let value, let level):
      let isOwn = open[event.task]?.clear(entry, value, level: level, at: index)
      if isOwn == true { settle(event.task) }
    case .release(let descriptor, _):
      for (task, table) in open where table.descriptor == descriptor {
        open[task]?.isReleased = true
      }
    default: break
    }
  }

  /// Returns the tables of which nothing more can become known, and forgets
  /// them.
  mutating func takeSettled() -> [UnpluggedTable] {
    if settled.isEmpty { return [] }
    defer { settled.removeAll() }
    return settled
  }

  /// Settles every table: the recording is over.
  mutating func finish() {
    settled += seenNamed.values.sorted {
      ($0.tableFree ?? 0) < ($1.tableFree ?? 0)
    }
    seenNamed.removeAll()
    for task in open.keys.sorted() { settle(task) }
  }

  private mutating func begin(_ table: UnpluggedTable, _ task: Int) {
    if open.count == Self.taskLimit { finish() }
    open[task] = table
  }

  private mutating func settle(_ task: Int) {
    if let table = open.removeValue(forKey: task) { settle(table) }
  }

  /// Takes note that nothing more can become known of a table.
  mutating func settle(_ table: UnpluggedTable) {
    settled.append(table)
  }
}
