// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Each rule names the fault that it is for, and no other rule does.
@Suite struct AuditRuleTests {
  static func report(
    _ write: (inout RecordText) -> Void
  ) throws -> AuditReport {
    var text = RecordText()
    write(&text)
    return try AuditReport.read(TraceReader(text: text.text))
  }

  static func violated(_ report: AuditReport) -> [AuditRuleName: Int] {
    Dictionary(
      uniqueKeysWithValues: report.rules.filter { $0.verdict == .violated }
        .map { ($0.name, $0.count) })
  }

  static func unjudged(_ report: AuditReport) -> Set<AuditRuleName> {
    Set(report.rules.filter { $0.verdict == .notJudged }.map(\.name))
  }

  @Test func aCleanRecordingHoldsEveryRule() throws {
    let report = try Self.report { text in
      text.free(1)
      text.free(2)
      text.run(releasing: 2, 1)
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(report.rules.map(\.verdict).allSatisfy { $0 == .held })
    #expect(report.rules.map(\.name) == AuditRuleName.allCases)
    #expect(report.worstCase == nil)
    #expect(report.trace.kernel == "7.3-test")
  }

  @Test func aTableQueuedWhileNamedIsNamed() throws {
    let report = try Self.report { text in
      text.free(1, named: "yes")
      text.run(releasing: 1)
    }
    #expect(Self.violated(report) == [.queuedBeforeCleared: 1])
    #expect(report.rules[0].first?.site == "cpa_flush")
    #expect(report.rules[0].first?.descriptor == "0xfffff8b280000140")
  }

  @Test func anEntryLeftAtTheInvalidationIsNamed() throws {
    let report = try Self.report { text in
      text.free(1, named: "yes")
      text.add("kpt_work")
      text.add("kpt_splice")
      text.invalidate(linked: 1)
      text.release(1)
      text.endRun()
    }
    #expect(
      Self.violated(report)
        == [.queuedBeforeCleared: 1, .namedAtInvalidation: 1])
  }

  @Test func aTableReleasedWhileNamedIsNamed() throws {
    let report = try Self.report { text in
      text.free(1, named: "yes")
      text.add("kpt_work")
      text.add("kpt_splice")
      text.invalidate(linked: 1)
      text.release(1, named: "yes")
      text.endRun()
    }
    #expect(
      Self.violated(report) == [
        .queuedBeforeCleared: 1, .namedAtInvalidation: 1,
        .releasedWhileNamed: 1,
      ])
    #expect(report.worstCase?.rule == .releasedWhileNamed)
  }

  /// How a run can fail to invalidate what it releases.
  enum Uncovered: CaseIterable {
    case withoutInvalidation, beforeItEnds, beforeTheTake, beforeTheFree
  }

  @Test(arguments: Uncovered.allCases)
  func aReleaseWithoutItsInvalidationIsNamed(fault: Uncovered) throws {
    let report = try Self.report { text in
      if fault != .beforeTheFree { text.free(1) }
      text.add("kpt_work")
      if fault != .beforeTheTake { text.add("kpt_splice") }
      switch fault {
      case .withoutInvalidation: text.release(1)
      case .beforeItEnds:
        text.add("kva_inval", "start=0x0 end=0x1")
        text.release(1)
        text.add("kva_inval_ret")
      case .beforeTheTake:
        text.invalidate()
        text.add("kpt_splice")
        text.release(1)
      case .beforeTheFree:
        text.invalidate()
        text.free(1)
        text.release(1)
      }
      text.endRun()
    }
    #expect(Self.violated(report) == [.releasedWithoutInvalidation: 1])
  }

  @Test func aTableGivenBackAtOnceIsNamed() throws {
    let report = try Self.report { text in
      text.freeAtOnce(1)
      text.freeAtOnce(2, caller: "__pte_alloc_kernel")
      text.freeAtOnce(3, data: 1)
    }
    #expect(Self.violated(report) == [.pastTheQueue: 1])
    #expect(
      report.sites.map(\.route).sorted { $0.rawValue < $1.rawValue }
        == [.atOnce, .neverLinked])
  }

  @Test func aTableGivenBackAtOnceWhileNamedIsReleasedWhileNamed() throws {
    let report = try Self.report { $0.freeAtOnce(1, named: "yes") }
    #expect(
      Self.violated(report) == [.pastTheQueue: 1, .releasedWhileNamed: 1])
  }

  @Test func aTableWithoutItsDestructorIsNamed() throws {
    let report = try Self.report { text in
      text.free(1, type: "0xf2000000")
      text.run(releasing: 1)
    }
    #expect(Self.violated(report) == [.destructorNotRun: 1])
  }

  @Test func aDoubleReleaseIsNamed() throws {
    let report = try Self.report { text in
      text.free(1)
      text.run(releasing: 1, 1)
    }
    #expect(Self.violated(report) == [.doubleRelease: 1])
  }

  @Test func aTableFreedTwiceIsADoubleRelease() throws {
    let report = try Self.report { text in
      text.free(1)
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(Self.violated(report) == [.doubleRelease: 1])
  }

  @Test func aSharedFrameIsADoubleRelease() throws {
    let report = try Self.report { text in
      text.free(1)
      text.beginRun()
      text.release(1, refs: 2)
      text.endRun()
    }
    #expect(Self.violated(report) == [.doubleRelease: 1])
  }

  @Test func aLostTableIsNamed() throws {
    let report = try Self.report { text in
      text.free(1)
      text.free(2)
      text.run(releasing: 2)
    }
    #expect(Self.violated(report) == [.neverReleased: 1])
  }

  @Test func aLostTableIsNamedThoughItsFrameComesBack() throws {
    let report = try Self.report { text in
      text.free(1)
      text.free(2)
      text.run(releasing: 2)
      text.free(1)
      text.run(releasing: 1)
    }
    #expect(Self.violated(report) == [.neverReleased: 1])
  }

  @Test func overlappingRunsAreNamed() throws {
    let report = try Self.report { text in
      text.free(1)
      text.beginRun()
      text.beginRun(task: 12)
      text.release(1)
      text.endRun()
      text.endRun(task: 12)
    }
    #expect(Self.violated(report) == [.overlappingRuns: 1])
  }
}
