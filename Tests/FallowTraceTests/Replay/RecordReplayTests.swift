// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Recordings of `fallow record` name the place of a table, and say whether its
/// entry names it.
@Suite struct RecordReplayTests {
  private static func recording(
    atFree: String, atInvalidation: Bool, atRelease: String
  ) throws -> Recording {
    let seen = "va=0xfffff40ec4200000 level=1"
    var lines = ["# fallow record 1"]
    func add(_ nanoseconds: Int, _ task: String, _ event: String) {
      lines.append("\(task) [0] 1.000\(nanoseconds): \(event)")
    }
    add(
      100_000, "u-3",
      "kpt_free: seq=0 ptdesc=0x40 flags=4 "
        + "caller=remove_pagetable+0x55c \(seen) named=\(atFree)")
    add(200_000, "k-9", "kpt_work: seq=1")
    add(200_100, "k-9", "kpt_splice: seq=2")
    add(200_200, "k-9", "kva_inval: seq=3 start=0 end=1 open=1 looked=1")
    if atInvalidation {
      add(200_210, "k-9", "kpt_linked: seq=4 ptdesc=0x40 \(seen) named=yes")
    }
    add(
      200_300, "k-9",
      "kpt_page_free: seq=5 page=0x40 order=0 \(seen) "
        + "named=\(atRelease)")
    add(200_400, "k-9", "kpt_work_ret: seq=6")
    return try Recording(
      TraceReader(text: lines.joined(separator: "\n") + "\n"))
  }

  @Test(arguments: [
    ("no", false, "no", Verdict.clear, 0),
    ("yes", false, "no", .clear, 0),
    ("yes", true, "no", .violated, 0),
    ("yes", true, "yes", .violated, 1),
  ])
  func theOrderIsReplayed(
    _ atFree: String, _ atInvalidation: Bool, _ atRelease: String,
    _ verdict: Verdict, _ released: Int
  ) throws {
    let recording = try Self.recording(
      atFree: atFree, atInvalidation: atInvalidation, atRelease: atRelease)
    #expect(recording.report.placement.exact == 1)
    #expect(
      recording.report.queuedBeforeClear.tables == (atFree == "yes" ? 1 : 0))
    #expect(
      recording.report.queuedBeforeClear.releasedWhileNamed == released)
    let upstream = Replayed.upstream(recording, Replayed.options).result
    #expect(upstream.verdict == verdict)
    #expect((upstream.staleReads > 0) == (verdict == .violated))
    let fallow = Replayed.fallow(recording, Replayed.options).result
    #expect(fallow.verdict == .clear)
    #expect(fallow.tablesFreed == 1)
    let immediate = Replayed.immediate(recording, Replayed.options).result
    #expect(immediate.staleReads > 0)
  }

  @Test func aTableFreedAtOnceIsFreedBeforeItsEntryIsCleared() throws {
    let recording = try Recording(
      TraceReader(
        text: """
          # fallow record 1
          u-3 [0] 1.000100000: now_free: seq=0 page=0x40 order=0 \
          caller=remove_pagetable+0x78d va=0xffff8f3340000000 level=2 named=yes

          """))
    #expect(recording.report.freedBeforeClear.placed == 1)
    #expect(recording.report.freedBeforeClear.byLevel == ["pmd": 1])
    let upstream = Replayed.upstream(recording, Replayed.options).result
    #expect(upstream.freedBeforeClear == 1)
    #expect(upstream.verdict == .violated)
    let fallow = Replayed.fallow(recording, Replayed.options).result
    #expect(fallow.verdict == .clear)
  }
}
