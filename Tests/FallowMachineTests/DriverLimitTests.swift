// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What VT-d's driver refuses while the machine runs.
@Suite struct DriverLimitTests {
  @Test(arguments: [(20, true), (14, false), (0, false)])
  func aPASIDBeyondWhatTheIOMMUReportsIsRefused(bits: Int, isBound: Bool) {
    let world = World { $0.pasidBits = bits }
    let outcome = world.bind(world.makeUser(), 20_000)
    #expect(outcome == (isBound ? .bound : .pasidTooWide))
    #expect(world.scheme.sharing.isUnused() != isBound)
  }

  @Test func thePASIDOfRequestsWithoutOneIsNotBound() {
    let world = World()
    #expect(world.bind(world.makeUser(), 0) == .pasidReserved)
    #expect(world.scheme.sharing.isUnused())
  }

  @Test func requestsWithoutAPASIDReachTheirOwnSpace() {
    let world = World { $0.pasidBits = 0 }
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    let device = world.machine.device(0)
    let number = PASID.without(tag: 3)
    #expect(world.scheme.bind(user.root, to: device, as: number) == .bound)
    world.machine.startWork(device, as: number)
    func access() -> AccessResult {
      world.machine.deviceAccess(
        device, pasid: number, VirtualAddress(userAddress), isWrite: false)
    }
    #expect(access() == .reached(frame.address))
    _ = world.kernel.unmap(world.map(kernelAddress))
    world.machine.run(until: world.machine.now + 1_000_000)
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    world.machine.stopWork(device, as: number)
    #expect(world.scheme.unbind(user.root, from: device, as: number) == .left)
    #expect(access() == .blocked)
  }

  /// A batch for 200 spaces fills the queue several times over.
  @Test func aDeadIOMMUIsGivenUpOnce() {
    let world = World {
      $0.deviceTLBs = true
      $0.frames = 8_192
    }
    for pasid: UInt32 in 1...200 { world.share(pasid) }
    world.machine.planFailure(.stuck, of: 0)
    _ = world.kernel.unmap(world.map(kernelAddress))
    let start = world.machine.now
    world.machine.run(until: start + 20_000)
    let patience = world.machine.configuration.patience
    #expect(world.machine.now - start <= 2 * patience)
    #expect(TableAccounts(of: world.platform).parked == 2)
    #expect(world.scheme.makeLeave(world.machine.device(0)) == .left)
    world.scheme.reclaim()
    #expect(TableAccounts(of: world.platform).parked == 0)
  }

  /// While another waits for room, under the sharing lock.
  @Test func anExpulsionEndsTheWaitForRoom() {
    let world = World { $0.patience = 1_000_000_000 }
    world.share()
    world.machine.planFailure(.stuck, of: 0)
    let driver = world.machine.driver
    var end: UInt64?
    world.machine.schedule(at: 5_000) { driver.abandon(0) }
    for _ in 0..<300 {
      driver.submit(InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    }
    end = world.machine.now
    #expect(end == 5_000)
    #expect(!driver.wait(for: driver.fence(0), on: 0))
    #expect(world.scheme.makeLeave(world.machine.device(0)) == .left)
  }

  @Test func nothingIsBoundOrAddedWhileTheDeviceIsExpelled() {
    let world = World()
    world.share(1)
    let device = world.machine.device(0)
    let other = world.makeUser()
    let driver = world.machine.driver
    var bound: BindOutcome?
    var added: AddOutcome?
    world.machine.schedule(at: world.machine.now + 100) {
      bound = world.scheme.bind(other.root, to: device, as: PASID(2))
      added = driver.add(device)
    }
    #expect(world.scheme.makeLeave(device) == .left)
    #expect(bound == .leaving)
    #expect(added == .leaving)
    #expect(world.scheme.sharing.isUnused())
    #expect(driver.add(device) == .added)
  }

  @Test func addingTwiceIsRefusedAndChangesNothing() {
    let world = World()
    let user = world.share(1)
    let frame = world.mapUser(user, userAddress)
    let device = world.machine.device(0)
    #expect(world.machine.driver.add(device) == .alreadyKnown)
    #expect(world.access(userAddress) == .reached(frame.address))
    #expect(world.unbind(user) == .left)
    #expect(world.scheme.sharing.isUnused())
  }

  @Test func withoutFramesNothingIsLeftBehind() {
    let world = World()
    let user = world.makeUser()
    var taken: [FrameNumber] = []
    while true {
      let frame = world.platform.allocate(order: 0)
      if frame == .none { break }
      taken.append(frame)
    }
    let stranger = Device(iommu: 0, requester: 0x4200)
    #expect(world.bind(user, 64) == .outOfFrames)
    #expect(world.scheme.sharing.isUnused())
    #expect(world.machine.driver.add(stranger) == .outOfFrames)
    for frame in taken { world.platform.free(frame, order: 0) }
    // Until their next owners have given them back.
    world.machine.run(until: world.machine.now + 60_000_000)
    #expect(world.bind(user, 64) == .bound)
    #expect(world.machine.driver.add(stranger) == .added)
    #expect(world.unbind(user, 64) == .left)
  }

  /// An IOMMU that caches what is absent has dropped it where an entry becomes
  /// present, before the call returns.
  @Test func inCachingModeADeviceIsFound() {
    let world = World { $0.cachesAbsence = true }
    let driver = world.machine.driver
    let device = Device(iommu: 0, requester: 0x100)
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    func access(after time: UInt64 = 10_000) -> AccessResult {
      world.machine.run(until: world.machine.now + time)
      return world.machine.deviceAccess(
        device, pasid: PASID(1), VirtualAddress(userAddress), isWrite: false)
    }
    world.machine.startWork(device, as: PASID(1))
    #expect(access() == .blocked)
    #expect(driver.add(device) == .added)
    #expect(access(after: 0) == .blocked)
    #expect(world.scheme.bind(user.root, to: device, as: PASID(1)) == .bound)
    #expect(access(after: 0) == .reached(frame.address))
  }

  @Test func thousandsOfSpacesComeAndGo() {
    let world = World { $0.frames = 16_384 }
    let users = (1...1_000).map { world.share(UInt32($0)) }
    _ = world.kernel.unmap(world.map(kernelAddress))
    world.machine.run(until: world.machine.now + 10_000_000)
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    for (index, user) in users.enumerated().reversed() {
      #expect(world.unbind(user, UInt32(index) + 1) == .left)
    }
    #expect(world.scheme.sharing.isUnused())
  }
}
