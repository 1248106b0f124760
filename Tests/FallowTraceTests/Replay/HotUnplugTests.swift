// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Linux 7.3-rc7 unplugs memory whose descriptors' tables it queues before it
/// clears their entries.
@Suite struct HotUnplugTests {
  private static func recording(
    without events: [String] = []
  ) throws -> Recording {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "Recordings/hvo2-2cpu-7.3rc7.trace.txt")
    let lines = try String(contentsOf: url, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .filter { line in !events.contains { line.contains(" \($0): ") } }
    return try Recording(TraceReader(text: lines.joined(separator: "\n")))
  }

  @Test func theRecordingSaysWhatCameFirst() throws {
    let report = try Self.recording().report
    #expect(report.placement.exact == 24)
    #expect(report.queuedBeforeClear.tables == 24)
    #expect(report.queuedBeforeClear.placed == 24)
    #expect(report.queuedBeforeClear.clearRecorded == 24)
    #expect(report.queuedBeforeClear.releasedWhileNamed == 3)
    #expect(report.recorded.atOnce.isEmpty)
    #expect(report.doubts.isEmpty && report.doubtsAboutWorker.isEmpty)
  }

  /// The three tables that the worker released too early are walked, and no
  /// other.
  @Test(arguments: UInt64(1)...4)
  func upstreamIsCaughtAsOftenAsItHappened(_ seed: UInt64) throws {
    var options = Replayed.options
    options.seed = seed
    let recording = try Self.recording()
    let upstream = Replayed.upstream(recording, options).result
    #expect(upstream.verdict == .violated)
    #expect(upstream.tablesFreed == 24)
    #expect(upstream.staleReads >= 3)
    #expect(Replayed.immediate(recording, options).result.staleReads >= 24)
    let fallow = Replayed.fallow(recording, options).result
    #expect(fallow.verdict == .clear)
    #expect(fallow.tablesFreed == 24)
  }

  /// Without the moment of the clear, nothing is claimed of the order.
  @Test func withoutTheClearTheOrderIsOpen() throws {
    let recording = try Self.recording(
      without: ["clr_pte", "clr_pmd", "clr_pud"])
    #expect(recording.report.doubtsAboutWorker == [.clearUnknown(24)])
    #expect(recording.report.placement.exact == 24)
    let upstream = Replayed.upstream(recording, Replayed.options).result
    #expect(upstream.verdict == .notJudged)
  }

  /// Without the registers of `hot_free`, the cleared entry gives the place.
  @Test func theClearedEntryIsEnough() throws {
    let report = try Self.recording(without: ["hot_free"]).report
    #expect(report.placement.exact == 24)
    #expect(report.queuedBeforeClear.releasedWhileNamed == 3)
  }
}
