// SPDX-License-Identifier: Apache-2.0

import FallowTrace
import Foundation
import Testing

/// The bundled recordings give the numbers that were counted independently.
@Suite struct SampleTests {
  @Test(arguments: Sample.allCases)
  func figures(of sample: Sample) throws {
    let expected = try sample.expected()
    let report = try RecordedReport.read(path: sample.path)
    #expect(report.trace.path == sample.path)
    #expect(report.trace.format == expected.trace.format)
    #expect(report.trace.events == expected.trace.events)
    #expect(report.trace.ignored == 0)
    #expect(report.trace.malformed == 0)
    #expect(report.trace.firstMalformedLine == nil)
    #expect(report.trace.outOfOrder == 0)
    #expect(report.trace.lost == 0)
    #expect(report.recorded == expected.recorded)
    #expect(report.placement == expected.placement)
    #expect(report.freedBeforeClear == expected.freedBeforeClear)
    #expect(report.batchRules == expected.batchRules)
  }

  @Test(arguments: Sample.allCases)
  func wholeRecording(of sample: Sample) throws {
    let expected = try sample.expected()
    let recording = try Recording(path: sample.path)
    #expect(recording.report == (try RecordedReport.read(path: sample.path)))
    #expect(recording.events.count == expected.trace.events)
    #expect(recording.runs.count == expected.recorded.workerRuns)
    let times = recording.events.map(\.time)
    #expect(times == times.sorted())

    var levels: [String: Int] = [:]
    for (index, event) in recording.events.enumerated() {
      guard case .tableFree(_, _, let caller) = event.payload else { continue }
      #expect(expected.recorded.callers[recording.name(of: caller)] != nil)
      if case .exact(let address, let level) = recording.place(ofFreeAt: index)
      {
        levels[level.rawValue, default: 0] += 1
        #expect(address % level.windowSize == 0)
      }
    }
    #expect(levels == expected.levels)
  }

  @Test(arguments: Sample.allCases)
  func runs(of sample: Sample) throws {
    let recording = try Recording(path: sample.path)
    for run in recording.runs {
      #expect(run.listed == run.released)
      #expect(run.handedOver == run.released)
      let end = try #require(run.end)
      let spliced = try #require(run.spliced)
      let invalidated = try #require(run.invalidated)
      #expect(run.start <= spliced && spliced <= invalidated)
      #expect(invalidated <= end)
      #expect(try #require(run.firstHandedOver) < spliced)
    }
    let starts = recording.runs.map(\.start)
    #expect(starts == starts.sorted())
  }

  @Test(arguments: Sample.allCases)
  func provenance(of sample: Sample) throws {
    let expected = try sample.expected().provenance
    let provenance = try Recording(path: sample.path).provenance
    #expect(provenance.checked == expected.checked)
    #expect(provenance.agreeing == expected.agreeing)
    #expect(provenance.madeBySplit == expected.madeBySplit)
    #expect(provenance.splitWindowDiffers == expected.splitWindowDiffers)
    #expect(provenance.madeByAllocation == expected.madeByAllocation)
    #expect((provenance.descriptors == nil) == (expected.checked == 0))
  }

  @Test func unpluggedTablesHaveTheirWindow() throws {
    let recording = try Recording(path: Sample.hotplug.path)
    let places = recording.events.indices.compactMap { index -> Place? in
      guard case .hotFree = recording.events[index].payload else { return nil }
      return recording.place(ofFreeAt: index)
    }
    #expect(places.count == 8)
    #expect(
      places.first == .exact(address: 0xFFFF_8C1E_0000_0000, level: .pmd))
  }

  @Test func encodedKeysAreStable() throws {
    let report = try RecordedReport.read(path: Sample.hotplug.path)
    let object = try JSONSerialization.jsonObject(
      with: JSONEncoder().encode(report))
    let keys = try #require(object as? [String: [String: Any]])
    #expect(
      keys.keys.sorted() == [
        "batchRules", "evidence", "freedBeforeClear", "placement",
        "queuedBeforeClear", "recorded", "trace", "workerLatency",
      ])
    #expect(
      keys["trace"]?.keys.sorted() == [
        "clock", "events", "format", "ignored", "late", "lost", "malformed",
        "outOfOrder", "path",
      ])
    #expect(
      keys["recorded"]?.keys.sorted() == [
        "atOnce", "batchSize", "callers", "frees", "leftPending", "maxPending",
        "pagesReleased", "queueTimeNanoseconds", "releasedWithoutEnqueue",
        "workerRuns",
      ])
    #expect(
      keys["placement"]?.keys.sorted() == [
        "exact", "neverLinked", "synthetic", "unknown",
      ])
  }
}
