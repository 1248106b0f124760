// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

@testable import FallowTrace

/// The bundled recordings, driven through each scheme.
@Suite struct ReplayTests {
  @Test(arguments: Sample.allCases)
  func upstreamHasTheRecordedBatches(_ sample: Sample) throws {
    let recording = try Replayed.recording(sample)
    var options = Replayed.options
    options.invalidationLatency = 0
    let result = Replayed.upstream(recording, options).result
    #expect(result.batches.runs == recording.figures.workerRuns)
    #expect(result.batches.equal == result.batches.runs)
    #expect(result.departures.restored == 0)
  }

  @Test(arguments: Sample.allCases)
  func everyTableIsFreedUnderEveryScheme(_ sample: Sample) throws {
    let recording = try Replayed.recording(sample)
    let unplugged = recording.report.freedBeforeClear.placed
    for result in Replayed.all(recording, Replayed.options).map(\.result) {
      #expect(result.tablesFreed == recording.figures.frees + unplugged)
      #expect(result.leftPending == 0)
      #expect(result.parked == 0)
      #expect(
        result.freedBeforeClear == (result.name == "fallow" ? 0 : unplugged))
    }
  }

  @Test(arguments: zip(Sample.allCases, [1, 2, 4] as [UInt64]))
  func onlyUnsafeFreesAreCaught(_ sample: Sample, _ seed: UInt64) throws {
    let recording = try Replayed.recording(sample)
    var options = Replayed.options
    options.seed = seed
    options.requestsPerSecond = 20_000
    options.boundSpaces = Int(seed)
    options.iommus = 5 - Int(seed)
    let unplugged = recording.report.freedBeforeClear.placed
    let immediate = Replayed.immediate(recording, options)
    #expect(immediate.result.staleReads > 0)
    #expect(immediate.firstStaleWalk != nil)
    let upstream = Replayed.upstream(recording, options)
    #expect((upstream.result.staleReads > 0) == (unplugged > 0))
    let fallow = Replayed.fallow(recording, options)
    #expect(fallow.result.staleReads + fallow.result.staleWrites == 0)
    #expect(fallow.firstStaleWalk == nil)
    #expect(fallow.result.walksThroughQuarantined > 0)
  }

  @Test(arguments: Sample.allCases)
  func withoutDevicesNothingIsStale(_ sample: Sample) throws {
    let recording = try Replayed.recording(sample)
    var options = Replayed.options
    options.requestsPerSecond = 0
    for result in Replayed.all(recording, options).map(\.result) {
      #expect(result.deviceRequests == 0)
      #expect(result.staleReads + result.staleWrites == 0)
    }
  }

  @Test func theSeedDecidesEverything() throws {
    let recording = try Replayed.recording(.churn)
    var options = Replayed.options
    let first = Replayed.immediate(recording, options)
    let again = Replayed.immediate(recording, options)
    #expect(first.result == again.result)
    #expect(first.firstStaleWalk == again.firstStaleWalk)
    options.seed += 1
    #expect(Replayed.immediate(recording, options).result != first.result)
  }

  @Test func everySpaceOnEveryIOMMUIsTold() throws {
    let recording = try Replayed.recording(.churn)
    var options = Replayed.options
    options.boundSpaces = 3
    options.iommus = 2
    let upstream = Replayed.upstream(recording, options).result
    let runs = UInt64(recording.figures.workerRuns)
    #expect(upstream.invalidationRequests == runs * 6)
    #expect(upstream.waits == runs * 6)
    let fallow = Replayed.fallow(recording, options).result
    // One request for all spaces of an IOMMU; and while the first is waited
    // for, the second answers, so that nobody waits for it.
    #expect(fallow.waits == fallow.invalidationRequests / 2)
    #expect(
      fallow.waitedNanoseconds
        == fallow.waits * 2 * options.invalidationLatency)
  }

  /// Whatever takes frames for tables finds fewer quarantined than the limit,
  /// since it drains, or waits for the actor that does.
  @Test(arguments: Sample.allCases, [4, 64] as [UInt64])
  func theLimitIsKept(_ sample: Sample, _ limit: UInt64) throws {
    let recording = try Replayed.recording(sample)
    var options = Replayed.options
    options.boundSpaces = 8
    options.limit = limit
    options.window = 1_000_000_000
    let replay = Replayed.fallowReplay(recording, options)
    let result = replay.run().result
    #expect(replay.log.maxPendingAtStart < limit)
    #expect(result.leftPending == 0)
    #expect(result.departures.restored == 0)
    let unplugged = recording.report.freedBeforeClear.placed
    #expect(result.tablesFreed == recording.figures.frees + unplugged)
  }

  /// The walk is described as the recording and the machine have it: made
  /// before cleared before freed before walked.
  @Test(arguments: Sample.allCases)
  func theFirstStaleWalkIsAStory(_ sample: Sample) throws {
    let recording = try Replayed.recording(sample)
    var options = Replayed.options
    options.requestsPerSecond = 20_000
    let walk = try #require(
      Replayed.immediate(recording, options).firstStaleWalk)
    let table = try #require(walk.table)
    let unlinked = try #require(table.unlinked)
    let released = try #require(table.released)
    #expect(table.made.time <= unlinked.time)
    #expect(unlinked.time <= released.time)
    #expect(released.time <= walk.time)
    #expect(walk.scheme == "immediate")
    #expect(walk.owner.kind == "next owner" || walk.owner.kind == "free")
    #expect(released.name != nil)
  }
}
