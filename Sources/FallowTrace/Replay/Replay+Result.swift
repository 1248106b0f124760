// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// What came of it.
extension Replay {
  /// Takes note of what the machine reports of tables since the last time.
  func observeEvents() {
    var released: [FrameNumber] = []
    for event in machine.takeEvents() {
      audit.note(event.kind)
      switch event.kind {
      case .parked: log.parked += 1
      case .retired(let frame): log.retired(frame, at: event.time)
      case .released(let frame):
        log.released(frame, at: event.time)
        released.append(frame)
      default: break
      }
    }
    for frame in released { ask(forReleased: frame) }
  }

  /// The figures of the whole run.
  func result() -> SchemeResult {
    let statistics = machine.statistics
    let waits = log.queueTimes.sorted()
    let judgement = Judgement(violations: violations, doubts: doubts)
    return SchemeResult(
      name: subject.name, claimsSafety: subject.claimsSafety,
      verdict: judgement.verdict, reasons: judgement.reasons,
      tablesFreed: log.released,
      invalidationRequests: statistics.invalidationRequests,
      descriptors: statistics.descriptors, waits: statistics.waits,
      waitedNanoseconds: statistics.waitedNanoseconds,
      invalidationsPerFreedTable: log.released == 0
        ? 0
        : Double(statistics.invalidationRequests) / Double(log.released),
      deviceRequests: statistics.deviceRequests, walks: statistics.walks,
      cacheHits: statistics.cacheHits,
      walksThroughQuarantined: statistics.walksThroughQuarantined,
      staleReads: statistics.staleReads, staleWrites: statistics.staleWrites,
      staleAccesses: statistics.staleAccesses, maxPending: log.maxPending,
      parked: log.parked, expelled: log.expelled,
      releasedUnanswered: audit.unanswered,
      failures: statistics.failures, leftPending: log.pending,
      freedBeforeClear: log.freedBeforeClear,
      queueTimeNanoseconds: .init(
        p50: NearestRank.percentile(50, of: waits),
        p99: NearestRank.percentile(99, of: waits), max: waits.last ?? 0),
      batches: comparison,
      departures: .init(
        restored: log.restored, synthetic: log.synthetic, leftOut: log.leftOut,
        omittedNanoseconds: clock.omitted))
  }

  private var violations: [Violation] {
    let statistics = machine.statistics
    let staleWalks = statistics.staleReads + statistics.staleWrites
    var violations: [Violation] = []
    if staleWalks > 0 { violations.append(.staleWalks(staleWalks)) }
    if log.freedBeforeClear > 0 {
      violations.append(.freedBeforeClear(log.freedBeforeClear))
    }
    let released = recording.report.queuedBeforeClear.releasedWhileNamed
    if followsRecordedWorker && released > 0 {
      violations.append(.recordedRelease(released))
    }
    // A scheme that claims no safety asks no IOMMU to begin with.
    if subject.claimsSafety && audit.unanswered > 0 {
      violations.append(.unanswered(audit.unanswered))
    }
    return violations
  }

  private var doubts: [Doubt] {
    var doubts = recording.report.doubts
    if followsRecordedWorker { doubts += recording.report.doubtsAboutWorker }
    if log.leftOut > 0 { doubts.append(.leftOut(log.leftOut)) }
    if machine.statistics.deviceRequests == 0 {
      doubts.append(.noDeviceRequests)
    }
    return doubts
  }

  private var followsRecordedWorker: Bool {
    switch subject.worker {
    case .asRecorded: true
    case .whenScheduled: false
    }
  }

  private var comparison: SchemeResult.BatchComparison {
    let equal = zip(log.runs, recording.batches).count { $0 == $1 }
    return .init(runs: log.runs.count, equal: equal)
  }
}
