// SPDX-License-Identifier: Apache-2.0

/// Entries that name tables, as events of formats without a walk show them.
extension HistoryBuilder {
  mutating func receiveEntry(_ event: TraceEvent, _ moment: AuditMoment) {
    switch event.payload {
    case .entryCleared(let entry, let value, _):
      if let life = latest[event.task] {
        frames.note(history.lives[life].descriptor, namedBy: value)
      }
      guard let table = frames.descriptor(namedBy: value) else { break }
      if let life = releasedTooEarly(table, by: event.task) {
        noteCleared(life, entry: entry, moment)
      } else {
        noteCleared(table: table, entry: entry, moment)
      }
    case .pmdFree(_, let entry, let value), .pudFree(_, let entry, let value):
      replaced[event.task] = value
      noteNamed(frames.descriptor(namedBy: value), entry: entry, moment)
    case .pteAlloc(let entry, let value), .pmdAlloc(_, let entry, let value),
      .pudAlloc(_, let entry, let value):
      noteNamed(frames.descriptor(namedBy: value), entry: entry, moment)
    case .split(_, let page, _, let entry):
      noteNamed(page, entry: entry, moment)
    case .collapse(_, let ret, let pt, let pt2):
      // The list's elements lie 8 bytes into the descriptors.
      if ret >= 1 { noteCleared(table: pt &- 8, entry: 0, moment) }
      if ret == 2 { noteCleared(table: pt2 &- 8, entry: 0, moment) }
    default:
      break
    }
  }

  /// An entry named the table until now, and is cleared now.
  private mutating func noteCleared(
    table: UInt64, entry: UInt64, _ moment: AuditMoment
  ) {
    if let life = open[table] {
      noteCleared(life, entry: entry, moment)
    } else {
      if cleared.count >= 1 << 14 { cleared.removeAll() }
      cleared[table] = (moment.task, moment)
    }
  }

  private mutating func noteCleared(
    _ life: Int, entry: UInt64, _ moment: AuditMoment
  ) {
    history.lives[life].lastNamed = moment
    history.lives[life].clearedSince = moment
    history.lives[life].entry = entry
  }

  /// The table that `task` freed last in `remove_pagetable`, if that is
  /// `table` and it has been released: the task is still on its way from the
  /// free to the clear.
  private func releasedTooEarly(_ table: UInt64, by task: Int) -> Int? {
    guard let life = latest[task], history.lives[life].descriptor == table,
      history.lives[life].site == .removePageTable,
      history.lives[life].released != nil, closed[table] == life,
      history.lives[life].clearedSince == nil
    else { return nil }
    return life
  }

  /// An entry names the table now.
  private mutating func noteNamed(
    _ table: UInt64?, entry: UInt64, _ moment: AuditMoment
  ) {
    guard let table else { return }
    cleared[table] = nil
    guard let life = open[table] else { return }
    history.lives[life].lastNamed = moment
    history.lives[life].entry = entry
  }
}
