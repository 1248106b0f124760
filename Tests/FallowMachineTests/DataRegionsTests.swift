// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowMachine

/// Regions that were freed long ago are forgotten, and still known to be freed.
@Suite struct DataRegionsTests {
  private static let moment = MachineMoment(
    time: 1, actor: MachineActor(cpu: 0, task: 0))
  private static let owner = NextOwner(number: 1, fill: .zeros, since: 1)

  @Test(arguments: UInt64(1)...10)
  func everyRegionIsFreedOrNotForGood(seed: UInt64) throws {
    var random = RandomNumbers(seed: seed, stream: 1)
    var regions = DataRegions(above: 1_000, remembered: 16)
    var live: [FrameNumber] = []
    var freed: [FrameNumber] = []
    for _ in 0..<1_000 {
      if live.isEmpty || random.next(below: 2) == 0 {
        let count = Int(random.next(below: 9)) + 1
        live.append(regions.allocate(count, at: Self.moment))
      } else {
        let index = Int(random.next(below: UInt64(live.count)))
        let region = live.remove(at: index)
        regions.free(region, to: Self.owner, at: Self.moment)
        freed.append(region)
      }
    }
    for frame in live {
      let index = try #require(regions.index(of: frame))
      #expect(!regions.isFreed(index))
      #expect(regions[index]?.first == frame)
    }
    for frame in freed {
      let index = try #require(regions.index(of: frame))
      #expect(regions.isFreed(index))
    }
    for frame in freed.suffix(16) {
      let index = try #require(regions.index(of: frame))
      #expect(regions[index]?.freed == Self.moment)
    }
    #expect(regions[DataRegions.forgotten] == nil)
    #expect(regions.index(of: FrameNumber(999)) == nil)
  }
}
