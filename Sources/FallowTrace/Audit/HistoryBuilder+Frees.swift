// SPDX-License-Identifier: Apache-2.0

/// Tables handed over, and pages given back past the list.
extension HistoryBuilder {
  mutating func receiveFree(_ event: TraceEvent, _ moment: AuditMoment) {
    switch event.payload {
    case .observed(let table):
      observed[event.task] = table
    case .tableFree(let descriptor, _, let caller):
      queue(descriptor, caller.symbol, moment)
    case .listed(let descriptor):
      guard let life = open[descriptor] else { break }
      history.lives[life].listed = moment
    case .freedAtOnce(let descriptor, let order, let caller):
      freeAtOnce(descriptor, order, caller.symbol, moment)
    case .hotUnmap, .hotFree:
      unplugged.receive(event)
    default:
      break
    }
  }

  private mutating func queue(
    _ descriptor: UInt64, _ site: Symbol, _ moment: AuditMoment
  ) {
    if let value = replaced.removeValue(forKey: moment.task) {
      frames.note(descriptor, namedBy: value)
    }
    var life = TableLife(
      descriptor, route: .queued, site: site, freed: moment)
    describe(&life, takeObservation(of: descriptor, by: moment.task))
    let index = add(life)
    if let other = open.updateValue(index, forKey: descriptor) {
      noteRepeated(other, moment)
    }
    unlisted[moment.task] = index
    waiting.insert(index)
  }

  /// A table is freed that is on its way already, or was left on the list.
  private mutating func noteRepeated(_ life: Int, _ moment: AuditMoment) {
    waiting.remove(life)
    if history.lives[life].leftBy == nil {
      history.repeated.append((moment, life))
    } else {
      history.open.append(life)
    }
  }

  private mutating func freeAtOnce(
    _ descriptor: UInt64, _ order: Int, _ site: Symbol, _ moment: AuditMoment
  ) {
    let table = takeObservation(of: descriptor, by: moment.task)
    // Page-table pages of x86-64 kernels are single frames.
    if order != 0 || table?.isData == true { return }
    if table == nil, site == .removePageTable,
      !unplugged.isTable(descriptor, freedBy: moment.task)
    {
      history.ambiguous += 1
      return
    }
    if let other = open.removeValue(forKey: descriptor) {
      noteRepeated(other, moment)
    }
    var life = TableLife(
      descriptor, route: .atOnce, site: site, freed: moment)
    describe(&life, table)
    life.isNamedByWalkWhenReleased = life.isNamedByWalkWhenFreed
    life.released = moment
    closed[descriptor] = add(life)
  }

  private mutating func add(_ life: TableLife) -> Int {
    history.lives.append(life)
    latest[life.freed.task] = history.lives.count - 1
    return history.lives.count - 1
  }

  /// Notes what is known about the table at the moment of its free.
  private mutating func describe(
    _ life: inout TableLife, _ table: TableObservation?
  ) {
    let evidence = cleared.removeValue(forKey: life.descriptor)
    if let table {
      life.stack = table.stack
      life.isConstructed = table.isConstructed
      life.entry = table.entry
      switch table.naming {
      case .named:
        life.lastNamed = life.freed
        life.isNamedByWalkWhenFreed = true
      case .cleared: life.clearedSince = life.freed
      case .unknown: break
      }
    } else if let evidence, evidence.task == life.freed.task {
      life.clearedSince = evidence.moment
    }
  }
}
