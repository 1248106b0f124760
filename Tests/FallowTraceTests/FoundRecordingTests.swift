// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Recordings that others made of Linux 7.1 to 7.3, most of them with too few
/// probes: the figures are those of an independent count, and no verdict goes
/// beyond what was recorded.
@Suite struct FoundRecordingTests {
  struct Found: Sendable, CustomTestStringConvertible {
    var name: String
    /// The rules that must be violated, and how often.
    var violated: [AuditRuleName: Int] = [:]
    /// The rules that must be held: every other one is not judged.
    var held: Set<AuditRuleName> = []
    /// The verdicts under `immediate`, `upstream` and `fallow`.
    var verdicts: [Verdict] = [.notJudged, .notJudged, .notJudged]

    var testDescription: String { name }
  }

  private static let naming: Set<AuditRuleName> = [
    .queuedBeforeCleared, .namedAtInvalidation, .releasedWhileNamed,
  ]
  private static let order: Set<AuditRuleName> = [
    .releasedWithoutInvalidation, .doubleRelease, .neverReleased,
    .overlappingRuns,
  ]

  static let all = [
    Found(name: "all-root-entries"),
    Found(
      name: "argument-names",
      held: [.releasedWithoutInvalidation, .doubleRelease, .overlappingRuns]),
    Found(
      name: "entry-probes",
      held: [.doubleRelease, .neverReleased, .overlappingRuns]),
    Found(
      name: "free-and-release-only", held: [.doubleRelease, .neverReleased]),
    Found(
      name: "fsmount-4cpu-7.3", held: naming.union(order),
      verdicts: [.violated, .clear, .clear]),
    Found(
      name: "klp-2cpu-7.3", held: naming.union(order),
      verdicts: [.violated, .clear, .clear]),
    Found(
      name: "leak", violated: [.neverReleased: 9],
      held: [.doubleRelease, .overlappingRuns]),
    Found(
      name: "lost-events", verdicts: [.violated, .notJudged, .notJudged]),
    Found(name: "maps-2cpu-7.3"),
    Found(name: "minimal-probes", held: [.doubleRelease, .overlappingRuns]),
    Found(
      name: "unplug-other-offsets", violated: [.pastTheQueue: 2], held: order,
      verdicts: [.violated, .violated, .clear]),
    Found(
      name: "unplug-past-the-queue", violated: [.pastTheQueue: 2],
      held: order, verdicts: [.violated, .violated, .clear]),
    Found(
      name: "unplug-released-early",
      violated: [
        .queuedBeforeCleared: 3, .namedAtInvalidation: 2,
        .releasedWhileNamed: 2,
      ], held: order, verdicts: [.violated, .violated, .notJudged]),
  ]

  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "Recordings/Found")

  private static func path(_ found: Found) -> String {
    folder.appending(path: "\(found.name).txt.xz").path
  }

  @Test(arguments: all)
  func theFiguresAreThoseOfTheIndependentCount(found: Found) throws {
    struct Expected: Decodable {
      var recorded: RecordedFigures
    }
    let counted = try JSONDecoder().decode(
      [String: Expected].self,
      from: Data(contentsOf: Self.folder.appending(path: "expected.json")))
    let report = try RecordedReport.read(path: Self.path(found))
    #expect(report.recorded == counted["\(found.name).txt.xz"]?.recorded)
    #expect(report.trace.malformed == 0)
  }

  @Test(arguments: all)
  func theAuditJudgesWhatWasRecorded(found: Found) throws {
    let report = try AuditReport.read(path: Self.path(found))
    #expect(AuditRuleTests.violated(report) == found.violated)
    let held = report.rules.filter { $0.verdict == .held }.map(\.name)
    #expect(Set(held) == found.held)
    for rule in report.rules where rule.verdict != .held {
      #expect(rule.reason?.isEmpty == false)
    }
  }

  @Test(arguments: all)
  func theReplayJudgesWhatWasRecorded(found: Found) throws {
    let recording = try Recording(path: Self.path(found))
    let results = Replayed.all(recording, Replayed.options).map(\.result)
    #expect(results.map(\.verdict) == found.verdicts)
    for result in results where result.verdict != .clear {
      #expect(!result.reasons.isEmpty)
    }
  }

  @Test func everyRecordingIsListed() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.path)
    #expect(
      Set(names)
        == Set(Self.all.map { "\($0.name).txt.xz" } + ["expected.json"]))
  }
}
