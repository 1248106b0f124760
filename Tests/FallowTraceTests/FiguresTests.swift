// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// The figures of small recordings, counted by hand.
@Suite struct FiguresTests {
  private func report(
    _ build: (inout TraceText) -> Void
  ) throws -> RecordedReport {
    var text = TraceText(.ftrace)
    text.add("ktlb", "start=0 end=1", microseconds: 0)
    build(&text)
    return try RecordedReport.read(TraceReader(text: text.text))
  }

  private func free(
    _ descriptor: Int, at time: Int, in text: inout TraceText
  ) {
    text.add(
      "kpt_free", "ptdesc=\(descriptor) flags=0 caller=cpa_flush+0x1",
      microseconds: time)
  }

  private func release(
    _ descriptor: Int, at time: Int, in text: inout TraceText, task: Int = 9
  ) {
    text.add(
      "kpt_page_free", "page=\(descriptor) order=0", microseconds: time,
      task: task)
  }

  private func run(
    from start: Int, to end: Int, in text: inout TraceText,
    _ body: (inout TraceText) -> Void = { _ in }
  ) {
    text.add("kpt_work", microseconds: start, task: 9)
    body(&text)
    text.add("kpt_work_ret", microseconds: end, task: 9)
  }

  @Test func nothing() throws {
    let report = try report { _ in }
    #expect(report.recorded.frees == 0)
    #expect(
      report.recorded.batchSize
        == .init(min: 0, p50: 0, p99: 0, max: 0, mean: 0, emptyRuns: 0))
    #expect(
      report.recorded.queueTimeNanoseconds
        == .init(min: 0, p50: 0, p99: 0, max: 0))
    #expect(report.workerLatency == .init(runs: 0, medianNanoseconds: 0))
    #expect(report.placement == PlacementCounts())
  }

  @Test func batches() throws {
    let report = try report { text in
      free(1, at: 10, in: &text)
      free(2, at: 12, in: &text)
      free(3, at: 14, in: &text)
      run(from: 20, to: 30, in: &text) { text in
        release(3, at: 24, in: &text)
        // Another task's release is not of this batch.
        release(2, at: 25, in: &text, task: 8)
        release(1, at: 26, in: &text)
      }
      run(from: 40, to: 41, in: &text)
      free(4, at: 50, in: &text)
      run(from: 60, to: 61, in: &text) { release(4, at: 60, in: &$0) }
      release(5, at: 70, in: &text)
      free(6, at: 80, in: &text)
      text.add("kpt_work", microseconds: 90, task: 9)
    }
    let figures = report.recorded
    #expect(figures.frees == 5)
    #expect(figures.callers == ["cpa_flush": 5])
    #expect(figures.workerRuns == 4)
    #expect(figures.pagesReleased == 5)
    #expect(figures.releasedWithoutEnqueue == 1)
    #expect(figures.leftPending == 1)
    #expect(figures.maxPending == 3)
    #expect(
      figures.batchSize
        == .init(min: 0, p50: 1, p99: 2, max: 2, mean: 1, emptyRuns: 1))
    #expect(
      figures.queueTimeNanoseconds
        == .init(min: 10_000, p50: 10_000, p99: 16_000, max: 16_000))
    #expect(report.placement.unknown == 5)
    // From the first free of the batch to the start of the run: both 10 µs.
    #expect(
      report.workerLatency == .init(runs: 2, medianNanoseconds: 10_000))
  }

  @Test func aDescriptorFreedTwiceIsReleasedOldestFirst() throws {
    let report = try report { text in
      free(1, at: 10, in: &text)
      free(1, at: 20, in: &text)
      free(1, at: 40, in: &text)
      release(1, at: 50, in: &text)
      release(1, at: 51, in: &text)
    }
    #expect(report.recorded.leftPending == 1)
    #expect(report.recorded.queueTimeNanoseconds.min == 31_000)
    #expect(report.recorded.queueTimeNanoseconds.max == 40_000)
  }

  @Test func batchesByRule() throws {
    let report = try report { text in
      free(1, at: 10, in: &text)
      text.add("kpt_listed", "ptdesc=1", microseconds: 11)
      free(2, at: 12, in: &text)
      run(from: 20, to: 30, in: &text) { text in
        text.add("kpt_splice", microseconds: 21, task: 9)
        // Put aside between its free and the list, so the run misses it.
        text.add("kpt_listed", "ptdesc=2", microseconds: 22)
        text.add("kva_inval", "start=0 end=1", microseconds: 23, task: 9)
        release(1, at: 24, in: &text)
      }
      run(from: 40, to: 50, in: &text) { text in
        text.add("kpt_splice", microseconds: 41, task: 9)
        text.add("kva_inval", "start=0 end=1", microseconds: 43, task: 9)
        release(2, at: 44, in: &text)
      }
      run(from: 60, to: 70, in: &text) { text in
        text.add("kpt_splice", microseconds: 61, task: 9)
        text.add("kva_inval", "start=0 end=1", microseconds: 63, task: 9)
        release(7, at: 64, in: &text)
      }
    }
    let entries = report.batchRules.entryEvents
    #expect(entries.runs == 3)
    #expect(entries.equal == 1)
    #expect(entries.differByNewestOnly == 1)
    let listed = report.batchRules.listedAndSplice
    #expect(listed.runs == 3)
    #expect(listed.equal == 2)
    #expect(listed.differByNewestOnly == 0)
  }

  @Test func releasedOldestFirst() throws {
    let report = try report { text in
      for descriptor in [1, 2] {
        free(descriptor, at: 10 + descriptor, in: &text)
        text.add("kpt_listed", "ptdesc=\(descriptor)", microseconds: 13)
      }
      run(from: 20, to: 30, in: &text) { text in
        text.add("kpt_splice", microseconds: 21, task: 9)
        text.add("kva_inval", "start=0 end=1", microseconds: 22, task: 9)
        release(1, at: 23, in: &text)
        release(2, at: 24, in: &text)
      }
    }
    // The members are right and the order is not.
    #expect(report.batchRules.entryEvents.runs == 1)
    #expect(report.batchRules.entryEvents.equal == 0)
    #expect(report.batchRules.entryEvents.differByNewestOnly == 0)
    #expect(report.batchRules.listedAndSplice.equal == 0)
    #expect(report.workerLatency == .init(runs: 1, medianNanoseconds: 9000))
  }

  @Test func aTableCanJoinARunThatHasBegun() throws {
    let report = try report { text in
      text.add("kpt_work", microseconds: 10, task: 9)
      free(1, at: 12, in: &text)
      release(1, at: 14, in: &text)
      text.add("kpt_work_ret", microseconds: 16, task: 9)
    }
    #expect(report.workerLatency == .init(runs: 1, medianNanoseconds: 0))
    #expect(report.recorded.queueTimeNanoseconds.max == 2000)
  }

  @Test func timeThatStepsBackIsNoWait() throws {
    var text = TraceText(.ftrace)
    for time in 0...TraceReader.reorderWindow {
      text.add("ktlb", "start=0 end=1", microseconds: 5000 + time)
    }
    free(1, at: 9000, in: &text)
    release(1, at: 10, in: &text)
    let report = try RecordedReport.read(TraceReader(text: text.text))
    #expect(report.trace.late == 1)
    #expect(report.recorded.pagesReleased == 1)
    #expect(report.recorded.queueTimeNanoseconds.max == 0)
  }

  @Test func openRunsAreBounded() throws {
    var text = TraceText(.ftrace)
    for task in 0..<200 {
      text.add("kpt_work", microseconds: task, task: 1000 + task)
    }
    text.add("kpt_work_ret", microseconds: 300, task: 1000)
    text.add("kpt_work_ret", microseconds: 301, task: 1199)
    let recording = try Recording(TraceReader(text: text.text))
    #expect(recording.figures.workerRuns == 200)
    #expect(recording.figures.batchSize.emptyRuns == 1)
    #expect(recording.runs.count <= 64)
  }

  @Test func aRunThatDoesNotEndIsKept() throws {
    var text = TraceText(.ftrace)
    run(from: 10, to: 20, in: &text)
    text.add("kpt_work", microseconds: 30, task: 9)
    release(1, at: 40, in: &text)
    let recording = try Recording(TraceReader(text: text.text))
    #expect(recording.runs.map(\.start) == [10_000, 30_000])
    #expect(recording.runs.map(\.end) == [20_000, nil])
    #expect(recording.runs[1].released == [1])
    #expect(recording.runs[1].handedOver == nil)
  }

  @Test func withoutReleasesTheListsGiveUp() throws {
    var text = TraceText(.ftrace)
    for number in 0..<9000 { free(number, at: number, in: &text) }
    run(from: 9000, to: 9002, in: &text) { text in
      text.add("kva_inval", "start=0 end=1", microseconds: 9001, task: 9)
    }
    let recording = try Recording(TraceReader(text: text.text))
    #expect(recording.runs[0].handedOver == nil)
    #expect(recording.figures.leftPending == 9000)
    #expect(recording.figures.maxPending == 9000)
  }

  @Test func freedAtOnce() throws {
    let report = try report { text in
      text.add(
        "hot_free",
        "page=64 flags=0x4 caller=remove_pagetable+0x54c/0x930 r13=0 r14=8",
        microseconds: 1)
      text.add(
        "now_free", "page=128 order=9 caller=remove_pagetable+0x902/0x930",
        microseconds: 2)
      text.add(
        "now_free", "page=64 order=0 caller=remove_pagetable+0x54c/0x930",
        microseconds: 3, task: 7)
      text.add(
        "now_free", "page=64 order=0 caller=remove_pagetable+0x54c/0x930",
        microseconds: 4)
      text.add(
        "hot_free", "page=192 flags=0x2004 caller=other+0x1 r13=0 r14=8",
        microseconds: 5)
      for time in [6, 6] {
        text.add(
          "now_free", "page=192 order=0 caller=other", microseconds: time)
      }
      text.add(
        "hot_free", "page=256 flags=0 caller=other+0x1 r13=0 r14=8",
        microseconds: 7)
      // Neither a table given back twice nor another block counts.
      text.add("now_free", "page=320 order=0 caller=other", microseconds: 9)
    }
    #expect(
      report.recorded.atOnce == [
        "pt_kernel_mark": 1, "reserved": 1, "no_mark": 1,
        "now_free:remove_pagetable": 3, "now_free:other": 3,
      ])
    #expect(report.freedBeforeClear.tables == 2)
    #expect(report.freedBeforeClear.placed == 0)
    #expect(report.freedBeforeClear.byLevel.isEmpty)
  }

  @Test func nearestRank() {
    let values = (1...200).map { UInt64($0) }
    #expect(NearestRank.percentile(50, of: values) == 100)
    #expect(NearestRank.percentile(99, of: values) == 198)
    #expect(NearestRank.percentile(99, of: [7]) == 7)
    #expect(NearestRank.percentile(50, of: [7, 8]) == 7)
    #expect(NearestRank.percentile(99, of: [7, 8]) == 8)
    #expect(NearestRank.percentile(50, counts: [1: 2, 5: 1]) == 1)
    #expect(NearestRank.percentile(50, counts: [1: 1, 5: 2]) == 5)
    #expect(NearestRank.percentile(50, counts: [:]) == 0)
  }
}
