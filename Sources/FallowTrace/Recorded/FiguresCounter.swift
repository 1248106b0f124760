// SPDX-License-Identifier: Apache-2.0

/// Computes the figures event by event.
///
/// Memory: eight bytes for each table released, since the percentiles are
/// exact, and the tables that are pending.
struct FiguresCounter {
  private var frees = 0
  private var callers: [Int] = []
  private var atOnce = AtOnceCounter()
  private var workerRuns = 0
  private var pagesReleased = 0
  private var releasedWithoutEnqueue = 0
  private var pending = PendingFrees()
  private var maxPending = 0
  private var queueTimes: [UInt64] = []
  /// The same, as plots show it.
  private(set) var flow = TableFlow()
  /// Tables given back so far, in each run that has not ended, by its task.
  private var openRuns: [Int: OpenRun] = [:]
  /// Releases, of tables that were handed over, by a task without a run.
  private var releasedOutsideRuns = 0
  private var runsWithoutInvalidation = 0
  private var hasWorkerEvents = false
  /// When the latest run began that has ended.
  private var lastRun: UInt64 = 0
  private struct OpenRun {
    var start: UInt64
    var released = 0
    var isInvalidated = false
  }

  /// How many runs gave back so many tables.
  private var batchSizes: [Int: Int] = [:]

  mutating func receive(_ event: TraceEvent) {
    switch event.payload {
    case .tableFree(let descriptor, _, let caller):
      frees += 1
      count(caller.symbol)
      pending.add(descriptor, at: event.time)
      maxPending = max(maxPending, pending.count)
      flow.note(pending: pending.count, at: event.time)
    case .release(let descriptor, _):
      pagesReleased += 1
      let isInRun = openRuns[event.task] != nil
      openRuns[event.task]?.released += 1
      if let time = pending.remove(descriptor) {
        let wait = event.time > time ? event.time - time : 0
        queueTimes.append(wait)
        flow.note(wait: wait)
        flow.note(pending: pending.count, at: event.time)
        if !isInRun { releasedOutsideRuns += 1 }
      } else {
        releasedWithoutEnqueue += 1
      }
    case .splice: hasWorkerEvents = true
    case .workerStart:
      hasWorkerEvents = true
      workerRuns += 1
      // The work item does not re-enter: so many open runs are damage.
      if openRuns.count >= 64 { openRuns.removeAll() }
      openRuns[event.task] = OpenRun(start: event.time)
    case .invalidate:
      hasWorkerEvents = true
      openRuns[event.task]?.isInvalidated = true
    case .workerEnd:
      if let run = openRuns.removeValue(forKey: event.task) { end(run) }
    case .freedAtOnce(_, _, let caller):
      atOnce.count(caller)
    default:
      break
    }
  }

  /// What the recording leaves open, the tables of unplugged memory aside.
  ///
  /// - Complexity: O(tables pending)
  var evidence: RecordedEvidence {
    var evidence = RecordedEvidence()
    evidence.hasWorkerEvents = hasWorkerEvents
    evidence.releasedByOthers =
      releasedWithoutEnqueue + (workerRuns > 0 ? releasedOutsideRuns : 0)
    evidence.runsWithoutInvalidation = runsWithoutInvalidation
    if pagesReleased > 0 {
      evidence.neverReleased = pending.count(before: lastRun)
    }
    return evidence
  }

  private mutating func end(_ run: OpenRun) {
    batchSizes[run.released, default: 0] += 1
    flow.note(batch: run.released)
    if run.released > 0 && !run.isInvalidated { runsWithoutInvalidation += 1 }
    lastRun = max(lastRun, run.start)
  }

  /// Counts a table of unplugged memory.
  mutating func count(_ table: UnpluggedTable) {
    atOnce.count(table)
  }

  /// The figures of everything received.
  ///
  /// - Complexity: O(n log n) in the tables released.
  func figures(_ symbols: SymbolTable) -> RecordedFigures {
    RecordedFigures(
      frees: frees, atOnce: atOnce.counts(symbols), workerRuns: workerRuns,
      pagesReleased: pagesReleased,
      releasedWithoutEnqueue: releasedWithoutEnqueue,
      leftPending: pending.count, maxPending: maxPending,
      batchSize: batches, queueTimeNanoseconds: waits,
      callers: names(symbols))
  }

  private mutating func count(_ symbol: Symbol) {
    let index = Int(symbol.rawValue)
    while callers.count <= index { callers.append(0) }
    callers[index] += 1
  }

  private func names(_ symbols: SymbolTable) -> [String: Int] {
    var names: [String: Int] = [:]
    for (index, count) in callers.enumerated() where count > 0 {
      names[symbols.name(of: Symbol(rawValue: UInt32(index)))] = count
    }
    return names
  }

  private var batches: RecordedFigures.BatchSizes {
    let runs = batchSizes.values.reduce(0, +)
    let pages = batchSizes.reduce(0) { $0 + $1.key * $1.value }
    let mean = runs == 0 ? 0 : Double(pages) / Double(runs)
    return .init(
      min: batchSizes.keys.min() ?? 0,
      p50: NearestRank.percentile(50, counts: batchSizes),
      p99: NearestRank.percentile(99, counts: batchSizes),
      max: batchSizes.keys.max() ?? 0,
      mean: (mean * 10_000).rounded() / 10_000,
      emptyRuns: batchSizes[0] ?? 0)
  }

  private var waits: RecordedFigures.QueueTimes {
    let sorted = queueTimes.sorted()
    return .init(
      min: sorted.first ?? 0, p50: NearestRank.percentile(50, of: sorted),
      p99: NearestRank.percentile(99, of: sorted), max: sorted.last ?? 0)
  }
}
