// SPDX-License-Identifier: Apache-2.0

/// The worker's runs: what they take, invalidate and release.
extension HistoryBuilder {
  mutating func receiveRun(_ event: TraceEvent, _ moment: AuditMoment) {
    switch event.payload {
    case .workerStart:
      start(event, moment)
    case .splice:
      update(event, moment) { $0.taken = moment }
    case .invalidate:
      if let run = running[event.task], history.runs[run].started == nil,
        history.runs[run].invalidating != nil
      {
        // Without events of their start, each invalidation is a run.
        running[event.task] = nil
      }
      update(event, moment) { $0.invalidating = moment }
    case .invalidated:
      update(event, moment) { $0.invalidated = moment }
    case .unexamined(let tables):
      update(event, moment) { $0.unexamined = tables }
    case .stillLinked(let descriptor):
      let table = takeObservation(of: descriptor, by: event.task)
      update(event, moment) { $0.linked.insert(descriptor) }
      guard let life = open[descriptor] else { break }
      history.lives[life].lastNamed = moment
      history.lives[life].entry = table?.entry ?? history.lives[life].entry
    case .release(let descriptor, _):
      release(descriptor, event, moment)
    case .workerEnd:
      end(event, moment)
    default:
      break
    }
  }

  private mutating func start(_ event: TraceEvent, _ moment: AuditMoment) {
    // A run whose end was not recorded has ended all the same.
    running[event.task] = nil
    for (_, other) in running.sorted(by: { $0.key < $1.key }) {
      history.begunBeside.append((moment, other))
    }
    // More runs at once than a machine has CPUs are damage.
    if running.count >= 64 { running.removeAll() }
    update(event, moment) { $0.started = moment }
  }

  private mutating func update(
    _ event: TraceEvent, _ moment: AuditMoment,
    _ change: (inout AuditedRun) -> Void
  ) {
    let run = run(of: event, moment)
    history.runs[run].last = moment
    change(&history.runs[run])
  }

  private mutating func run(
    of event: TraceEvent, _ moment: AuditMoment
  ) -> Int {
    if let run = running[event.task] { return run }
    history.runs.append(AuditedRun(event, moment))
    running[event.task] = history.runs.count - 1
    return history.runs.count - 1
  }

  private mutating func release(
    _ descriptor: UInt64, _ event: TraceEvent, _ moment: AuditMoment
  ) {
    let table = takeObservation(of: descriptor, by: event.task)
    let run = run(of: event, moment)
    let life = open.removeValue(forKey: descriptor)
    update(event, moment) { $0.releases.append((moment, life)) }
    guard let life else {
      if let before = closed[descriptor] {
        history.repeated.append((moment, before))
      } else if !mayPrecedeRecording(run) {
        history.unseen.append(moment)
      }
      return
    }
    closed[descriptor] = life
    waiting.remove(life)
    history.lives[life].run = run
    history.lives[life].released = moment
    if let table { note(table, of: life, releasedBy: run, moment) }
  }

  /// Notes what the recorder saw of a table that is being released.
  private mutating func note(
    _ table: TableObservation, of life: Int, releasedBy run: Int,
    _ moment: AuditMoment
  ) {
    history.lives[life].references = table.references
    let run = history.runs[run]
    if let invalidating = run.invalidating, table.address != nil,
      run.unexamined == 0, !run.linked.contains(table.descriptor),
      history.lives[life].freed < invalidating
    {
      // The recorder looked when the invalidation began, and saw no entry.
      noteCleared(life, since: invalidating)
    }
    switch table.naming {
    case .named:
      history.lives[life].lastNamed = moment
      history.lives[life].entry = table.entry
      history.lives[life].isNamedByWalkWhenReleased = true
    case .cleared: noteCleared(life, since: moment)
    case .unknown: break
    }
  }

  private mutating func noteCleared(_ life: Int, since moment: AuditMoment) {
    let before = history.lives[life].clearedSince ?? moment
    history.lives[life].clearedSince = min(before, moment)
  }

  /// Whether what `run` takes may have been queued before the recording.
  ///
  /// The first list that is taken within the recording may hold such tables,
  /// and no later one.
  private func mayPrecedeRecording(_ run: Int) -> Bool {
    !history.runs[..<run].contains { $0.started != nil }
  }

  private mutating func end(_ event: TraceEvent, _ moment: AuditMoment) {
    update(event, moment) { $0.ended = moment }
    guard let run = running.removeValue(forKey: event.task) else { return }
    // The list had been taken by then; without an event that says when, the
    // start of the run is the latest moment that is certainly before.
    guard let taken = history.runs[run].taken ?? history.runs[run].started
    else { return }
    for life in waiting {
      guard let listed = history.lives[life].listed, listed < taken else {
        continue
      }
      history.lives[life].leftBy = run
      waiting.remove(life)
    }
  }
}
