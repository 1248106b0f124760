// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What devices ask for, and when.
@Suite struct DeviceTests {
  private func world(
    rate: UInt64 = 1_000_000, _ change: (inout Machine.Configuration) -> Void
  ) -> World {
    World {
      $0.requestsPerSecond = rate
      change(&$0)
    }
  }

  @Test(arguments: [
    Machine.Configuration.Arrivals.poisson, .regular,
  ])
  func theRateIsKept(arrivals: Machine.Configuration.Arrivals) {
    let world = world { $0.arrivals = arrivals }
    world.share()
    world.machine.areaAppeared(world.map(kernelAddress))
    world.machine.run(until: 100_000_000)
    let issued =
      world.statistics.deviceRequests
      + world.statistics.skippedRequests
    let tolerance: UInt64 = arrivals == .regular ? 1 : 1_500
    #expect((100_000 - tolerance...100_000 + tolerance).contains(issued))
  }

  @Test func aSilentDeviceIsSilent() {
    let world = World()
    world.share()
    world.machine.areaAppeared(world.map(kernelAddress))
    world.machine.start(at: 5)
    world.machine.run(until: 10_000_000_000)
    #expect(world.statistics.deviceRequests == 0)
    #expect(world.statistics.skippedRequests == 0)
  }

  @Test(arguments: [0.0, 0.25, 1.0])
  func theUserShareIsKept(share: Double) {
    let world = world { $0.userShare = share }
    let user = world.share()
    world.mapUser(user, userAddress)
    world.machine.areaAppeared(world.map(kernelAddress))
    world.machine.userArea(
      pasid: PASID(1), range: pageRange(userAddress, 1))
    world.machine.run(until: 100_000_000)
    let statistics = world.statistics
    #expect(statistics.notPresent == 0)
    // Requests of user privilege to the kernel half are all refused.
    let kernelShare =
      Double(statistics.refusals) / Double(statistics.deviceRequests)
    #expect(abs(kernelShare - (1 - share)) < 0.01)
  }

  @Test func halfTheRequestsAreWrites() {
    let world = world { $0.userShare = 1 }
    let user = world.share()
    world.mapUser(user, userAddress, attributes: .user)
    world.machine.userArea(
      pasid: PASID(1), range: pageRange(userAddress, 1))
    world.machine.run(until: 100_000_000)
    let refused =
      Double(world.statistics.refusals)
      / Double(world.statistics.deviceRequests)
    #expect(abs(refused - 0.5) < 0.01)
  }

  @Test func anAreaIsAskedForALittleLonger() {
    let world = world {
      $0.userShare = 0
      $0.recentWindow = 1_000_000
    }
    world.share()
    let range = world.map(kernelAddress)
    world.machine.areaAppeared(range)
    world.machine.run(until: 1_000_000)
    world.machine.areaVanished(range)
    let before = world.statistics.deviceRequests
    world.machine.run(until: 2_000_000)
    let after = world.statistics.deviceRequests
    #expect(after > before + 800)
    #expect(world.statistics.skippedRequests == 0)
    world.machine.run(until: 3_000_000)
    #expect(world.statistics.deviceRequests <= after + 1)
    #expect(world.statistics.skippedRequests > 800)
  }

  @Test func everyAttachmentIsUsed() {
    let world = world {
      $0.iommus = 2
      $0.userShare = 1
    }
    for pasid: UInt32 in 1...2 {
      let user = world.share(pasid, iommus: 2)
      world.mapUser(user, userAddress)
      world.machine.userArea(
        pasid: PASID(pasid), range: pageRange(userAddress, 1))
    }
    world.machine.run(until: 1_000_000)
    // Each IOMMU cached the one leaf of each space, or looked it up again for
    // the dirty bit.
    #expect((4...8).contains(world.statistics.walks))
    for iommu in 0..<2 {
      for pasid: UInt32 in 1...2 {
        #expect(world.isCached(userAddress, pasid: pasid, iommu: iommu))
      }
    }
  }

  @Test func requestsComeBeforeLaterEvents() {
    let world = world {
      $0.arrivals = .regular
      $0.userShare = 0
    }
    world.share()
    world.machine.areaAppeared(world.map(kernelAddress))
    var counts: [UInt64] = []
    for time: UInt64 in [1_000, 1_001, 5_000, 5_001] {
      world.machine.schedule(at: time) {
        counts.append(world.statistics.deviceRequests)
      }
    }
    world.machine.run(until: 10_000)
    #expect(counts == [0, 1, 4, 5])
    #expect(world.statistics.deviceRequests == 10)
  }
}
