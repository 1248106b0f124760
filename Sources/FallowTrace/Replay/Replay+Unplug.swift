// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// The tables of unplugged memory, in the order in which the subject's kernel
/// frees a table and clears its entry.
extension Replay {
  /// `remove_pagetable` is about to free a table: `hot_free`.
  ///
  /// A table that is queued goes with its `kpt_free`.
  func freeUnplugged(_ table: UnpluggedTable) {
    guard table.route == .atOnce, let (stretch, level) = prepare(table) else {
      return
    }
    switch subject.unplug {
    case .unlinksThenRetires:
      for table in detach(stretch, level: level) { retire(table) }
    case .freesThenClears:
      guard freeWhileNamed(stretch, level: level) else { return leaveOut() }
      log.freedBeforeClear += 1
      clearLater(stretch, table)
    }
  }

  /// It queues a table, whose entry still points to it.
  func queueUnplugged(_ table: UnpluggedTable, as descriptor: UInt64) {
    guard let (stretch, level) = prepare(table) else {
      return unlinkInvented(descriptor)
    }
    let tables: [Held]
    switch subject.unplug {
    case .unlinksThenRetires: tables = detach(stretch, level: level)
    case .freesThenClears:
      tables = takeWhileNamed(stretch, level: level)
      clearLater(stretch, table)
    }
    if tables.isEmpty { leaveOut() }
    for table in tables { hold(table, as: descriptor) }
  }

  /// The entry that points to the table, which is made if it is not there.
  private func prepare(
    _ table: UnpluggedTable
  ) -> (stretch: VirtualRange, level: Int)? {
    guard case .exact(let address, let tableLevel) = table.place else {
      return nil
    }
    let level = tableLevel.entryLevel
    guard let stretch = Self.stretch(at: address, level: level) else {
      leaveOut()
      return nil
    }
    if entryKind(of: stretch, level: level) != .table {
      log.restored += 1
      guard layEmptyTable(stretch, level: level) else {
        leaveOut()
        return nil
      }
    }
    ask(for: stretch, level: level)
    return (stretch, level)
  }

  /// Clears the entry when the recording says; if it does not, after one tick
  /// of its clock, a microsecond.
  private func clearLater(_ stretch: VirtualRange, _ table: UnpluggedTable) {
    if let cleared = table.cleared {
      lateClears[cleared, default: []].append(stretch)
    } else {
      machine.schedule(at: machine.now + 1_000) { [unowned self] in
        clearStaleEntries(in: stretch)
      }
    }
  }

  /// Clears the entries that the recording clears with the event at `index`.
  ///
  /// While a run is under way that has begun its invalidation, they wait for its
  /// end: the replay's run may take longer than the recorded one, which was over
  /// by then.
  func clearEntries(at index: Int) {
    guard let stretches = lateClears.removeValue(forKey: index) else { return }
    if worker.isRunning {
      clearsAfterRun += stretches
    } else {
      for stretch in stretches { clearStaleEntries(in: stretch) }
    }
  }

  /// Clears the entries that waited for the end of a run.
  func clearEntriesAfterRun() {
    for stretch in clearsAfterRun { clearStaleEntries(in: stretch) }
    clearsAfterRun.removeAll()
  }

  /// Clears the entries that the recording clears between the event at `index`,
  /// with which a worker run takes the list, and the run's invalidation.
  ///
  /// The replay does both at once, and what was cached between them is gone
  /// after the invalidation.
  func clearEntriesBeforeInvalidation(of index: Int) {
    guard !lateClears.isEmpty, let end = invalidation(after: index) else {
      return
    }
    for cleared in lateClears.keys.sorted() where cleared < end {
      for stretch in lateClears.removeValue(forKey: cleared) ?? [] {
        clearStaleEntries(in: stretch)
      }
    }
  }

  /// The index of the invalidation of the run that the event at `index` is in.
  private func invalidation(after index: Int) -> Int? {
    let task = recording.events[index].task
    // A run has no more events than that before its invalidation.
    let next = recording.events.indices.dropFirst(index + 1).prefix(1 << 12)
    for index in next where recording.events[index].task == task {
      switch recording.events[index].payload {
      case .invalidate: return index
      case .workerStart, .workerEnd, .release: return nil
      default: continue
      }
    }
    return nil
  }
}
