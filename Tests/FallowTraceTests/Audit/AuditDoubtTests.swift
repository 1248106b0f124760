// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// What a recording cannot show is not judged, and the reason says why.
@Suite struct AuditDoubtTests {
  typealias Rules = AuditRuleTests

  @Test func withLostEventsOnlyWhatOneEventShowsIsJudged() throws {
    let report = try Rules.report { text in
      text.free(1, named: "yes", type: "0xf2000000")
      text.lose()
      text.release(1, named: "yes")
      text.release(1)
      text.endRun()
    }
    #expect(report.trace.gaps == 1)
    #expect(
      Rules.violated(report) == [
        .queuedBeforeCleared: 1, .releasedWhileNamed: 1, .destructorNotRun: 1,
      ])
    #expect(
      Rules.unjudged(report) == [
        .namedAtInvalidation, .releasedWithoutInvalidation, .pastTheQueue,
        .doubleRelease, .neverReleased, .overlappingRuns,
      ])
  }

  @Test func withLostEventsNothingIsHeld() throws {
    let report = try Rules.report { text in
      text.ending = "# lost 1\n# list empty\n# end\n"
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(report.trace.lost == 1)
    #expect(Rules.unjudged(report).count == AuditRuleName.allCases.count)
  }

  @Test func withoutTablesNothingIsHeld() throws {
    let report = try Rules.report { $0.run() }
    #expect(Rules.unjudged(report).count == AuditRuleName.allCases.count)
  }

  @Test func whatNothingCouldHaveBrokenIsNotHeld() throws {
    let report = try Rules.report { $0.freeAtOnce(1) }
    #expect(Rules.violated(report) == [.pastTheQueue: 1])
    #expect(
      Rules.unjudged(report) == [
        .queuedBeforeCleared, .namedAtInvalidation,
        .releasedWithoutInvalidation, .destructorNotRun, .neverReleased,
        .overlappingRuns,
      ])
  }

  @Test func anUnknownPlaceLeavesTheEntryOpen() throws {
    let report = try Rules.report { text in
      text.free(1, named: "unknown")
      text.beginRun()
      text.release(1, named: "unknown")
      text.endRun()
    }
    // The recorder has an address, and saw no entry at the invalidation.
    #expect(Rules.unjudged(report) == [.queuedBeforeCleared])
  }

  @Test func aBatchThatIsTooLargeLeavesTheInvalidationOpen() throws {
    let report = try Rules.report { text in
      text.free(1, named: "yes")
      text.add("kpt_work")
      text.add("kpt_splice")
      text.add("kva_inval", "start=0x0 end=0x1 open=300 looked=256")
      text.add("kva_inval_ret")
      text.release(1)
      text.endRun()
    }
    #expect(Rules.violated(report) == [.queuedBeforeCleared: 1])
    #expect(Rules.unjudged(report) == [.namedAtInvalidation])
  }

  @Test func aRefusedProbeLeavesItsRulesOpen() throws {
    let report = try Rules.report { text in
      text.heading += "# refused now_free cpa_flush+0x2cc: Invalid argument\n"
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(Rules.unjudged(report) == [.pastTheQueue])
    #expect(
      report.rules.first { $0.name == .pastTheQueue }?.reason?
        .contains("now_free") == true)
  }

  @Test func withoutTheTakeTheInvalidationIsNotJudged() throws {
    let report = try Rules.report { text in
      text.heading =
        text.heading.split(separator: "\n")
        .filter { !$0.contains("kpt_splice") }.joined(separator: "\n") + "\n"
      text.free(1)
      text.add("kpt_work")
      text.invalidate()
      text.release(1)
      text.endRun()
    }
    #expect(Rules.unjudged(report) == [.releasedWithoutInvalidation])
  }

  @Test func tablesOnTheirWayAtTheEndAreNotJudged() throws {
    let report = try Rules.report { text in
      text.ending = "# lost 0\n# list not empty\n# end\n"
      text.free(1)
      text.run(releasing: 1)
      text.free(2)
    }
    #expect(Rules.unjudged(report) == [.neverReleased])
  }

  @Test func aRecordingThatWasCutOffIsNotJudgedToItsEnd() throws {
    let report = try Rules.report { text in
      text.ending = ""
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(Rules.unjudged(report) == [.neverReleased])
  }

  @Test func tablesQueuedBeforeTheRecordingAreNoFault() throws {
    let report = try Rules.report { text in
      text.add("kva_inval_ret")
      text.release(8)
      text.endRun()
      text.free(1)
      text.run(releasing: 1, 9)
    }
    #expect(Rules.violated(report).isEmpty)
    #expect(Rules.unjudged(report) == [.releasedWithoutInvalidation])
  }

  @Test func aTableWhoseFreeIsMissingIsNotJudged() throws {
    let report = try Rules.report { text in
      text.free(1)
      text.run(releasing: 1)
      text.run(releasing: 9)
    }
    #expect(Rules.violated(report).isEmpty)
    #expect(Rules.unjudged(report) == [.doubleRelease])
  }

  @Test func aRunWithoutItsEndIsNotJudged() throws {
    let report = try Rules.report { text in
      text.free(1)
      text.beginRun()
      text.release(1)
      text.free(1)
      text.beginRun(task: 12)
      text.release(1, task: 12)
      text.endRun(task: 12)
    }
    #expect(Rules.violated(report).isEmpty)
    #expect(Rules.unjudged(report) == [.overlappingRuns])
  }
}
