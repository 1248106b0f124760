// SPDX-License-Identifier: Apache-2.0

/// Why a recording does not support a verdict, or not on everything.
public enum Doubt: Equatable, Sendable {
  /// No kernel table is freed in the recording.
  case nothingFreed
  /// The recording says that it lost events.
  case eventsLost(Int)
  /// Lines could not be read as the events that they should be.
  case linesUnread(Int, first: Int, missing: String?)
  /// The times are counts of a clock without a unit.
  case clockHasNoUnit
  /// Events are earlier than those before them, by more than can be put in
  /// order.
  case timeStepsBack(Int)
  /// The recording does not say where tables were linked.
  case placesUnknown(Int)
  /// Tables were released that no recorded event had handed over, or by a task
  /// that was no worker.
  case releasedByOthers(Int)
  /// The recording does not say how tables of unplugged memory went back.
  case routesUnknown(Int)
  /// The replay could not set up what the recording says.
  case leftOut(Int)
  /// No device issued a request.
  case noDeviceRequests
  /// The recording does not say when the worker ran.
  case noWorkerEvents
  /// Worker runs released tables, and no invalidation of theirs is recorded.
  case noInvalidation(runs: Int)
  /// The recording does not say what the worker released.
  case noReleaseEvents
  /// Tables were queued, and a later worker run did not release them.
  case neverReleased(Int)
  /// Tables were queued before their entry was cleared, and the recording does
  /// not say when that was.
  case clearUnknown(Int)
}

extension Doubt: CustomStringConvertible {
  /// What is missing, and what to record where that helps.
  public var description: String {
    switch self {
    case .nothingFreed: "the recording frees no kernel table"
    case .eventsLost(let count):
      "the recording lost \(Words.plural(count, "event")); record with a "
        + "larger buffer"
    case .linesUnread(let count, let first, let missing):
      "\(Words.plural(count, "line")) could not be read, the first is line "
        + "\(first)" + (missing.map { ", which lacks \($0)" } ?? "")
    case .clockHasNoUnit:
      "the clock counts without a unit; record with the clock mono"
    case .timeStepsBack(let count):
      "time steps back \(Words.times(UInt64(max(0, count)))): several "
        + "recordings, or a clock that differs between CPUs"
    case .placesUnknown(let count):
      "\(Words.tables(count)) freed from places that the recording does not "
        + "name; record pmd_free, pud_free, pud_free_pte, cpa_collapse, "
        + "hot_unmap and hot_free too"
    case .releasedByOthers(let count):
      "\(Words.plural(count, "release")) not of a recorded hand-over by the "
        + "worker"
    case .routesUnknown(let count):
      "\(Words.tables(count)) of unplugged memory freed, and the recording "
        + "does not say how; record kpt_free and now_free too"
    case .leftOut(let count):
      "\(Words.plural(count, "recorded event")) could not be replayed: "
        + "addresses outside the kernel half of four-level paging, or more "
        + "tables than the simulated machine has memory for"
    case .noDeviceRequests: "no device asked for an address"
    case .noWorkerEvents:
      "the recording does not say when the worker ran; record kpt_work, "
        + "kpt_splice or kva_inval too"
    case .noInvalidation(let runs):
      "\(Words.plural(runs, "worker run")) released tables without a recorded "
        + "invalidation; record kva_inval too"
    case .noReleaseEvents:
      "the recording does not say what the worker released; record "
        + "kpt_page_free too"
    case .neverReleased(let count):
      "\(Words.tables(count)) never released, though a later worker run ended"
    case .clearUnknown(let count):
      "\(Words.tables(count)) queued before the entry was cleared, and the "
        + "recording does not say when that was; record clr_pte, clr_pmd and "
        + "clr_pud too"
    }
  }
}

extension RecordedReport {
  /// Why the recording does not support a verdict on any scheme.
  ///
  /// - Complexity: O(1)
  public var doubts: [Doubt] {
    var doubts: [Doubt] = []
    func add(_ count: Int, _ doubt: (Int) -> Doubt) {
      if count > 0 { doubts.append(doubt(count)) }
    }
    let freed = recorded.frees + freedBeforeClear.tables
    if freed == 0 { doubts.append(.nothingFreed) }
    add(trace.lost, Doubt.eventsLost)
    add(trace.malformed) {
      .linesUnread(
        $0, first: trace.firstMalformedLine ?? 0,
        missing: trace.firstMissingField)
    }
    if trace.clock == .ticks { doubts.append(.clockHasNoUnit) }
    add(trace.late, Doubt.timeStepsBack)
    add(
      placement.unknown + freedBeforeClear.tables - freedBeforeClear.placed,
      Doubt.placesUnknown)
    add(evidence.releasedByOthers, Doubt.releasedByOthers)
    add(evidence.unknownRoutes, Doubt.routesUnknown)
    return doubts
  }

  /// Why it does not support a verdict on the kernel that was recorded, or on a
  /// scheme whose worker runs when that kernel's did.
  ///
  /// - Complexity: O(1)
  public var doubtsAboutWorker: [Doubt] {
    var doubts: [Doubt] = []
    if recorded.frees > 0 && !evidence.hasWorkerEvents {
      doubts.append(.noWorkerEvents)
    } else if evidence.runsWithoutInvalidation > 0 {
      doubts.append(.noInvalidation(runs: evidence.runsWithoutInvalidation))
    }
    if recorded.frees > 0 && recorded.pagesReleased == 0 {
      doubts.append(.noReleaseEvents)
    } else if evidence.neverReleased > 0 {
      doubts.append(.neverReleased(evidence.neverReleased))
    }
    let unknown = queuedBeforeClear.tables - queuedBeforeClear.clearRecorded
    if unknown > 0 { doubts.append(.clearUnknown(unknown)) }
    return doubts
  }
}
