// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// What turns a verdict into "not judged".
@Suite struct VerdictTests {
  private static func report(
    _ body: (inout TraceText) -> Void
  ) throws -> RecordedReport {
    var text = TraceText(.ftrace)
    body(&text)
    return try RecordedReport.read(TraceReader(text: text.text))
  }

  /// A table replaced by a leaf, and a worker run that gives it back.
  private static func table(
    _ number: Int, at time: Int, without left: [String] = [],
    in text: inout TraceText
  ) {
    let events = [
      ("pmd_free", "addr=0xffffd33a80e00000 entry=8 value=0x1067", 1),
      ("kpt_free", "ptdesc=\(number) flags=0 caller=pmd_free_pte_page", 1),
      ("kpt_listed", "ptdesc=\(number)", 1), ("kpt_work", "", 9),
      ("kpt_splice", "", 9), ("kva_inval", "start=0 end=1", 9),
      ("kpt_page_free", "page=\(number) order=0", 9), ("kpt_work_ret", "", 9),
    ]
    for (offset, (name, fields, task)) in events.enumerated()
    where !left.contains(name) {
      text.add(name, fields, microseconds: time + offset, task: task)
    }
  }

  private static func doubts(
    without left: [String]
  ) throws -> (all: [Doubt], worker: [Doubt]) {
    let report = try report { text in
      table(64, at: 10, without: left, in: &text)
      table(128, at: 20, without: left, in: &text)
    }
    return (report.doubts, report.doubtsAboutWorker)
  }

  @Test func aWholeRecordingLeavesNone() throws {
    let doubts = try Self.doubts(without: [])
    #expect(doubts.all.isEmpty && doubts.worker.isEmpty)
  }

  @Test(arguments: [
    (["pmd_free"], [Doubt.placesUnknown(2)], [Doubt]()),
    (["kpt_free"], [.nothingFreed, .releasedByOthers(2)], []),
    (["kpt_work", "kpt_splice", "kva_inval"], [], [.noWorkerEvents]),
    (["kva_inval"], [], [.noInvalidation(runs: 2)]),
    (["kpt_page_free"], [], [.noReleaseEvents]),
    (["kpt_work"], [], []),
  ])
  func whatIsMissingIsNamed(
    _ left: [String], _ all: [Doubt], _ worker: [Doubt]
  ) throws {
    let doubts = try Self.doubts(without: left)
    #expect(doubts.all == all)
    #expect(doubts.worker == worker)
  }

  @Test func damageIsNamed() throws {
    let report = try Self.report { text in
      Self.table(64, at: 10, in: &text)
      text.add("vmap", "start=", microseconds: 30)
    }
    #expect(report.doubts == [.linesUnread(1, first: 11, missing: "vmap: end")])
    var text = TraceText(.ftrace)
    Self.table(64, at: 10, in: &text)
    let lost = try RecordedReport.read(
      TraceReader(text: text.text + "CPU:1 [LOST 7 EVENTS]\n"))
    #expect(lost.doubts == [.eventsLost(7)])
  }

  @Test func aTableThatALaterRunLeavesIsNamed() throws {
    let report = try Self.report { text in
      Self.table(64, at: 10, without: ["kpt_page_free"], in: &text)
      Self.table(128, at: 20, in: &text)
      Self.table(
        192, at: 30,
        without: ["kpt_work", "kpt_splice", "kva_inval", "kpt_page_free"],
        in: &text)
    }
    #expect(report.doubtsAboutWorker == [.neverReleased(1)])
    #expect(report.recorded.leftPending == 2)
  }

  @Test func anotherTaskMayNotRelease() throws {
    let report = try Self.report { text in
      Self.table(64, at: 10, without: ["kpt_page_free"], in: &text)
      text.add("kpt_page_free", "page=64 order=0", microseconds: 40, task: 3)
    }
    #expect(report.doubts == [.releasedByOthers(1)])
  }

  @Test func aViolationStandsWhateverIsMissing() {
    let doubt = Doubt.eventsLost(3)
    #expect(Judgement(violations: [], doubts: []).verdict == .clear)
    #expect(Judgement(violations: [], doubts: [doubt]).verdict == .notJudged)
    let judged = Judgement(violations: [.staleWalks(1)], doubts: [doubt])
    #expect(judged.verdict == .violated)
    #expect(judged.reasons.count == 2)
  }

  /// Without requests of devices nothing is shown.
  @Test func withoutRequestsNothingIsClear() throws {
    var options = Replayed.options
    let recording = try Replayed.recording(.churn)
    #expect(Replayed.fallow(recording, options).result.verdict == .clear)
    options.requestsPerSecond = 0
    for result in Replayed.all(recording, options).map(\.result) {
      #expect(result.verdict == .notJudged)
    }
  }

  @Test func unpluggedTablesAreViolations() throws {
    let recording = try Replayed.recording(.hotplug)
    let options = Replayed.options
    #expect(Replayed.upstream(recording, options).result.verdict == .violated)
    #expect(Replayed.fallow(recording, options).result.verdict == .clear)
  }
}
