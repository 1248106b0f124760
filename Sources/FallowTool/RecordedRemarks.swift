// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// What a reader of a recording's figures must know beside them: what went
/// another way, and what is missing.
struct RecordedRemarks {
  private let report: RecordedReport

  /// Remarks on a recording.
  init(on report: RecordedReport) {
    self.report = report
  }

  /// A line for each remark; none if there is nothing to say.
  var lines: [String] {
    let trace = report.trace
    let recorded = report.recorded
    let evidence = report.evidence
    let queued = report.queuedBeforeClear
    let unreleased = recorded.leftPending - evidence.neverReleased
    let remarks: [(count: Int, name: String, text: String)] = [
      (
        report.freedBeforeClear.tables, "past the queue",
        "of unplugged memory, freed before their entry was cleared"
      ),
      (
        queued.tables, "queued too early",
        "of unplugged memory, before their entry was cleared"
      ),
      (
        queued.releasedWhileNamed, "RELEASED TOO EARLY",
        "by the worker, before their entry was cleared"
      ),
      (
        evidence.neverReleased, "never released",
        "although the worker ran after they were queued"
      ),
      (unreleased, "still queued", "when the recording ends"),
      (
        evidence.releasedByOthers, "released by others",
        "not handed over, or not released by the worker"
      ),
      (trace.lost, "lost events", "as the recording says"),
      (
        trace.late, "time steps back", "by more than can be put in order"
      ),
      (
        trace.malformed, "malformed lines",
        "from line \(trace.firstMalformedLine ?? 0) on"
      ),
    ]
    return remarks.filter { $0.count > 0 }.map { count, name, text in
      let pad = String(repeating: " ", count: max(1, 22 - name.count))
      return "  \(name)\(pad)\(Numbers.count(count)) \(text)"
    }
  }
}
