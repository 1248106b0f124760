// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Real recordings, as they are and with a fault put in.
@Suite struct AuditRecordingTests {
  /// Memory unplugged on Linux 7.3-rc7, with many huge pages in it.
  static let hotUnplug = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Recordings/hvo2-2cpu-7.3rc7.trace.txt").path

  /// Function tracers switched on and off on Linux 7.3-rc7: 24 tables, as
  /// `fallow record` recorded them.
  static let tracers = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Recordings/tracers-2cpu-7.3rc7.record.txt").path

  private static func violated(_ text: String) throws -> Set<AuditRuleName> {
    let report = try AuditReport.read(TraceReader(text: text))
    return Set(AuditRuleTests.violated(report).keys)
  }

  @Test func hotUnplugOfLinux73ReleasesTablesThatAreStillNamed() throws {
    let report = try AuditReport.read(path: Self.hotUnplug)
    #expect(
      AuditRuleTests.violated(report) == [
        .queuedBeforeCleared: 24, .namedAtInvalidation: 3,
        .releasedWhileNamed: 3,
      ])
    #expect(report.sites.map(\.site) == ["remove_pagetable"])
    let last = report.worstCase?.events.last
    #expect(last?.text.hasSuffix("still names the table") == true)
  }

  @Test(arguments: [Sample.modprobe, .churn])
  func aRecordingWithoutFaultsHasNone(sample: Sample) throws {
    let report = try AuditReport.read(path: sample.path)
    #expect(!report.isViolated)
    #expect(!report.isComplete)
  }

  @Test func hotUnplugOfLinux72GoesPastTheQueue() throws {
    let report = try AuditReport.read(path: Sample.hotplug.path)
    #expect(AuditRuleTests.violated(report) == [.pastTheQueue: 8])
  }

  @Test(arguments: Sample.allCases)
  func theFiguresAreThoseOfTheIndependentCount(sample: Sample) throws {
    let expected = try sample.expected().recorded
    let report = try AuditReport.read(path: sample.path)
    #expect(report.cost.workerRuns == expected.workerRuns)
    #expect(report.cost.batchSize == expected.batchSize)
    #expect(report.cost.queueTimeNanoseconds == expected.queueTimeNanoseconds)
    let queued = report.sites.filter { $0.route != .atOnce }
    #expect(queued.map(\.pages).reduce(0, +) == expected.frees)
  }

  @Test func aRecordingOfOurOwnHoldsEveryRule() throws {
    let report = try AuditReport.read(path: Self.tracers)
    #expect(report.rules.map(\.verdict).allSatisfy { $0 == .held })
    #expect(report.trace.kernel?.hasPrefix("7.3-amd64 ") == true)
    #expect(report.sites.map(\.cleared) == [24])
    #expect(report.sites.first?.stacks.map(\.pages) == [12, 12])
    let recording = try Recording(path: Self.tracers)
    #expect(recording.placement.exact == 24)
  }

  @Test func aRecordingOfHotUnplugJudgesEveryRule() throws {
    let path = URL(filePath: Self.tracers).deletingLastPathComponent()
      .appending(path: "unplug-2cpu-7.3rc7.record.txt").path
    let report = try AuditReport.read(path: path)
    #expect(report.isComplete)
    #expect(
      AuditRuleTests.violated(report) == [
        .queuedBeforeCleared: 32, .namedAtInvalidation: 1,
        .releasedWhileNamed: 1, .destructorNotRun: 32,
      ])
    #expect(report.sites.map(\.named) == [32])
    #expect(report.worstCase?.callers.contains("section_deactivate") == true)
  }

  @Test(arguments: FaultyRecording.Fault.allCases, [2, 9, 20])
  func aFaultPutIntoARecordingOfOurOwnIsNamed(
    fault: FaultyRecording.Fault, place: Int
  ) throws {
    let text = try String(contentsOfFile: Self.tracers, encoding: .utf8)
    var recording = FaultyRecording(text)
    #expect(try Self.violated(recording.text) == [])
    let isPut = recording.put(fault, at: place)
    #expect(isPut)
    #expect(try Self.violated(recording.text) == [fault.rule])
  }

  @Test(arguments: FaultyRecording.Fault.allCases, [3, 40, 100])
  func aFaultPutIntoARecordingIsNamed(
    fault: FaultyRecording.Fault, place: Int
  ) throws {
    let sample = String(decoding: try Sample.modprobe.bytes(), as: UTF8.self)
    var recording = FaultyRecording(sample)
    #expect(try Self.violated(recording.text) == [])
    let isPut = recording.put(fault, at: place)
    #expect(isPut)
    #expect(try Self.violated(recording.text) == [fault.rule])
  }
}
