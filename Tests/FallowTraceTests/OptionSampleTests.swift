// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Recordings of Linux 7.3-rc7 that were printed with an option each.
///
/// They are xz files; the figures were counted independently.
@Suite struct OptionSampleTests {
  private static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Recordings/Options/\(name).txt.xz").path
  }

  struct Counts: Sendable {
    var format: TraceFormat
    var frees: Int
    var released: Int
    var longestWait: UInt64
    var clock = TraceClock.nanoseconds
  }

  @Test(arguments: [
    (
      "clock-counter",
      Counts(
        format: .ftrace, frees: 3, released: 3, longestWait: 7,
        clock: .ticks)
    ),
    (
      "fields",
      Counts(format: .ftrace, frees: 15, released: 15, longestWait: 15_327_000)
    ),
    (
      "latency",
      Counts(format: .ftrace, frees: 15, released: 15, longestWait: 15_327_000)
    ),
    (
      "lost_pipe",
      Counts(format: .ftrace, frees: 6, released: 6, longestWait: 8_239_000)
    ),
    (
      "pf-F",
      Counts(
        format: .perfScript, frees: 6, released: 6, longestWait: 30_935_000)
    ),
    (
      "tc-l",
      Counts(
        format: .traceCmdReport, frees: 6, released: 6, longestWait: 8_074_000)
    ),
    (
      "tc-tsdiff",
      Counts(
        format: .traceCmdReport, frees: 6, released: 6, longestWait: 8_074_000)
    ),
    (
      "tc-stack",
      Counts(
        format: .traceCmdReport, frees: 3, released: 139,
        longestWait: 3_569_330)
    ),
  ])
  func areRead(_ name: String, _ counts: Counts) throws {
    let report = try RecordedReport.read(path: Self.path(name))
    #expect(report.trace.format == counts.format)
    #expect(report.trace.clock == counts.clock)
    #expect(report.trace.malformed == 0)
    #expect(report.recorded.frees == counts.frees)
    #expect(report.recorded.pagesReleased == counts.released)
    #expect(report.recorded.queueTimeNanoseconds.max == counts.longestWait)
    #expect(report.recorded.leftPending == 0)
  }

  @Test(arguments: [
    ("nocontext", UnreadableOption.noContextInfo, 3),
    ("tracer-function_graph", .functionGraphWithoutTime, 9),
  ])
  func areRefusedByName(
    _ name: String, _ option: UnreadableOption, _ line: Int
  ) {
    let path = Self.path(name)
    #expect(
      Outcome(TraceReader(path: path)).error
        == .unreadable(path: path, line: line, option: option))
  }
}
