import Foundation
import Testing

@testable import FallowTrace

/// Real recordings, as they are and with a fault put in.
@Suite struct AuditRecordingTests {
  /// Memory unplugged on Linux 7.3-rc7, with many huge pages in it.
  static let hotUnplug = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Recordings/hvo2-2cpu-7.3rc7.trace.txt").path

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
