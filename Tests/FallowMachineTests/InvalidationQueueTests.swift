// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// How IOMMUs carry out their commands.
@Suite struct InvalidationQueueTests {
  private let world = World { $0.iommus = 2 }

  init() {
    world.mapUser(world.share(iommus: 2), userAddress)
    world.access(userAddress)
  }

  private func submit(_ range: VirtualRange? = nil, to iommu: Int = 0) {
    world.machine.driver.submit(
      InvalidationRequest(pasid: PASID(1), range: range), to: iommu)
  }

  @Test func theEffectComesWithTheCompletion() {
    submit()
    _ = world.machine.driver.fence(0)
    #expect(world.isCached(userAddress))
    world.machine.run(until: world.machine.now + 999)
    #expect(world.isCached(userAddress))
    world.machine.run(until: world.machine.now + 1)
    #expect(!world.isCached(userAddress))
  }

  @Test func descriptorsAreWorkedOffInOrder() {
    world.machine.recordsEvents = true
    let ranges = [1, 2, 4].map { pageRange(userAddress, $0) }
    for range in ranges { submit(range) }
    _ = world.machine.driver.fence(0)
    world.machine.run(until: 10_000)
    let done = world.machine.events.compactMap {
      event -> (UInt64, VirtualRange?)? in
      guard case .invalidated(let request, _) = event.kind else { return nil }
      return (event.time, request.range)
    }
    #expect(done.map(\.1) == ranges)
    #expect(done.map(\.0) == [1_000, 2_000, 3_000])
  }

  @Test func queuesOfTwoIOMMUsWorkSideBySide() {
    let driver = world.machine.driver
    submit(to: 0)
    submit(to: 1)
    let tickets = (0..<2).map { driver.fence($0) }
    for iommu in 0..<2 {
      #expect(driver.wait(for: tickets[iommu], on: iommu))
    }
    #expect(world.machine.now == 2_000)
    #expect(world.statistics.waitedNanoseconds == 2_000)
  }

  @Test func latencyIsAccountedFor() {
    let driver = world.machine.driver
    submit()
    submit()
    let ticket = driver.fence(0)
    #expect(world.machine.now == 0)
    #expect(driver.wait(for: ticket, on: 0))
    #expect(world.machine.now == 3_000)
    #expect(world.statistics.invalidationRequests == 2)
    #expect(world.statistics.descriptors == 3)
    #expect(world.statistics.waits == 1)
    #expect(world.statistics.waitedNanoseconds == 3_000)
    // What is reached already costs nothing more.
    #expect(driver.wait(for: ticket, on: 0))
    #expect(world.statistics.waitedNanoseconds == 3_000)
  }

  @Test func aWaitDoesNotPassWhatCameBefore() {
    submit()
    let ticket = world.machine.driver.fence(0)
    _ = world.machine.driver.wait(for: ticket, on: 0)
    #expect(!world.isCached(userAddress))
  }

  @Test func othersGoOnMeanwhile() {
    var times: [UInt64] = []
    for time: UInt64 in [500, 1_500, 2_500] {
      world.machine.schedule(at: time) { times.append(time) }
    }
    submit()
    let ticket = world.machine.driver.fence(0)
    _ = world.machine.driver.wait(for: ticket, on: 0)
    #expect(times == [500, 1_500])
  }

  @Test func withoutLatencyNothingComesBetween() {
    let world = World { $0.invalidationLatency = 0 }
    world.share()
    var hasRun = false
    world.machine.schedule(at: 0) { hasRun = true }
    world.invalidate(nil)
    #expect(!hasRun)
    #expect(world.machine.now == 0)
    #expect(world.statistics.waitedNanoseconds == 0)
  }

  @Test func aPASIDThatIsNotAttachedStillCosts() {
    world.invalidate(nil, pasid: 7)
    #expect(world.machine.now == 2_000)
    #expect(world.isCached(userAddress))
  }
}
