// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// Leaf frames, and accesses to them that come too late.
@Suite struct DataTests {
  private let world = World()
  private let user: User

  init() {
    user = world.share()
  }

  @Test(arguments: [1, 3, 8, 512, 1_000, 1 << 18, 1 << 19])
  func regionsAreAlignedAboveTheTables(frames: Int) {
    var last = FrameNumber(2_047)
    for _ in 0..<4 {
      let first = world.machine.allocateData(frames: frames)
      #expect(first > last)
      let rounded = (0...).lazy.map { 1 << $0 }.first { $0 >= frames }
      let alignment = UInt64(min(rounded ?? 0, 1 << 18))
      #expect(first.rawValue % alignment == 0)
      last = FrameNumber(first.rawValue + UInt64(frames) - 1)
    }
  }

  @Test func aCachedLeafOfAFreedRegionIsAStaleAccess() throws {
    let frames = world.mapUser(user, userAddress, pages: 4)
    for page: UInt64 in 0..<4 { world.access(userAddress + page << 12) }
    #expect(world.statistics.staleAccesses == 0)
    world.machine.start(at: 700)
    world.machine.actor = MachineActor(cpu: 1, task: 3)
    world.machine.freeData(frames)
    #expect(world.access(userAddress + 0x2010, isWrite: false).isReached)
    #expect(world.statistics.staleAccesses == 1)
    let stale = try #require(world.machine.firstStaleAccess)
    #expect(stale.cache == .iotlb)
    #expect(stale.frame.rawValue == frames.rawValue + 2)
    #expect(stale.walker == .iommu(0))
    #expect(stale.pasid == PASID(1))
    #expect(stale.address == VirtualAddress(userAddress + 0x2010))
    #expect(!stale.isWrite)
    guard case .data(let region) = stale.ownerThen,
      case .nextOwner(let owner) = stale.ownerNow
    else {
      Issue.record("\(stale)")
      return
    }
    #expect(region.first == frames)
    #expect(region.frames == 4)
    #expect(region.allocated.time == 0)
    #expect(
      region.freed
        == MachineMoment(time: 700, actor: MachineActor(cpu: 1, task: 3)))
    #expect(owner.since == 700)
    #expect(world.machine.firstStaleWalk == nil)
  }

  @Test func anEntryThatOutlivesItsRegionIsAStaleAccess() {
    let frames = world.mapUser(user, userAddress)
    world.machine.freeData(frames)
    world.access(userAddress)
    #expect(world.statistics.staleAccesses == 1)
    #expect(world.machine.firstStaleAccess?.cache != .iotlb)
  }

  @Test func aLargeLeafIsJudgedByTheFrameThatIsReached() {
    let frames = world.mapUser(user, 1 << 30, pages: 512)
    world.access(1 << 30)
    world.machine.freeData(frames)
    #expect(world.isCached(1 << 30 + 0x1f_f000))
    #expect(world.statistics.staleAccesses == 1)
    #expect(
      world.machine.firstStaleAccess?.frame.rawValue
        == frames.rawValue + 511)
  }

  @Test func anInvalidatedLeafIsNoStaleAccess() {
    let frames = world.mapUser(user, userAddress)
    world.access(userAddress)
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
      on: world.platform)
    _ = user.unmap(pageRange(userAddress, 1), into: &unlinked)
    world.invalidate(nil)
    world.machine.freeData(frames)
    #expect(world.access(userAddress) == .notPresent(level: 4))
    #expect(world.statistics.staleAccesses == 0)
    // What the test unlinked is not its subject: let it go by.
    let batch = world.scheme.retire(unlinked)
    world.keep(batch)
  }
}

extension AccessResult {
  /// Whether it reached memory.
  var isReached: Bool {
    if case .reached = self { true } else { false }
  }
}
