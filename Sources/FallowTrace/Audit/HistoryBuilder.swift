// SPDX-License-Identifier: Apache-2.0

/// Puts the history of a recording together, event by event.
///
/// Memory grows with the tables that are freed and the runs, not with the
/// other events.
struct HistoryBuilder: TraceSink {
  var history = AuditHistory()
  var figures = FiguresCounter()

  /// Tables freed and not released, by descriptor.
  var open: [UInt64: Int] = [:]
  /// The latest life of each table that was released.
  var closed: [UInt64: Int] = [:]
  /// The run that each task is in.
  var running: [Int: Int] = [:]
  /// The table that each task freed last.
  var latest: [Int: Int] = [:]
  /// Tables of which no run has been seen to take or to miss them.
  var waiting: Set<Int> = []
  /// The table that each task freed last, as long as it may not be listed.
  var unlisted: [Int: Int] = [:]
  /// What the recorder saw of the table of each task's next event.
  var observed: [Int: TableObservation] = [:]
  /// Tables whose entry a task has cleared and which it has not freed yet.
  var cleared: [UInt64: (task: Int, moment: AuditMoment)] = [:]
  /// The value of the entry that a task is about to replace.
  var replaced: [Int: UInt64] = [:]
  /// Pages of unplugged memory: what `hot_unmap` and `hot_free` say.
  var unplugged = UnpluggedPages()
  var frames = FrameDescriptors()

  private var events = 0

  mutating func receive(_ event: TraceEvent) {
    figures.receive(event)
    let moment = AuditMoment(event, order: events)
    events += 1
    history.kinds.formUnion(EventKinds(of: event.payload))
    noteListed(by: event.task, moment)
    receiveFree(event, moment)
    receiveRun(event, moment)
    receiveEntry(event, moment)
  }

  /// A task that records another event has left the function that lists.
  private mutating func noteListed(by task: Int, _ moment: AuditMoment) {
    guard let life = unlisted.removeValue(forKey: task) else { return }
    if history.lives[life].listed == nil {
      history.lives[life].listed = moment
    }
  }

  /// What the recorder saw of `descriptor` at the event of `task`.
  mutating func takeObservation(
    of descriptor: UInt64, by task: Int
  ) -> TableObservation? {
    guard let table = observed.removeValue(forKey: task),
      table.descriptor == descriptor
    else { return nil }
    return table
  }

  /// The history of everything received.
  mutating func finish(_ reading: TraceReading) -> AuditHistory {
    history.reading = reading
    history.source = AuditSource(reading)
    if let heading = reading.heading {
      history.kinds.formUnion(EventKinds(events: heading.probes))
      history.kinds.subtract(EventKinds(events: heading.refused))
    }
    history.open = (history.open + open.values).sorted()
    for index in history.lives.indices {
      let life = history.lives[index]
      if life.lastNamed == nil,
        Self.racers.contains(history.site(of: life))
      {
        history.lives[index].route = .neverLinked
      }
    }
    return history
  }

  /// Functions that free only tables that they allocated for a lost race.
  private static let racers: Set<String> = [
    "__pte_alloc_kernel", "__pmd_alloc", "__pud_alloc", "__p4d_alloc",
    "__change_page_attr_set_clr", "vmemmap_pmd_entry", "vmemmap_split_pmd",
  ]
}
