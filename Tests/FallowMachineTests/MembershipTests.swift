// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// Joining and leaving while devices walk, and with others that stay.
@Suite struct MembershipTests {
  /// At every store of a bind or an unbind the queue is worked off and the
  /// device walks: it finds the space that it is bound to, or nothing.
  @Test func aDeviceNeverFindsHalfAnEntry() {
    let world = World()
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress).address
    let new = world.mapUser(second, userAddress).address
    let device = world.machine.device(0)
    world.machine.startWork(device, as: PASID(1))
    var found: [AccessResult] = []
    func watching(_ body: () -> Bool) -> [AccessResult] {
      found = []
      world.machine.onStore = {
        world.machine.run(until: world.machine.now + 5_000)
        found.append(world.access(userAddress))
      }
      #expect(body())
      world.machine.onStore = nil
      return found
    }
    let scheme = world.scheme
    for (user, address) in [(first, old), (second, new), (first, old)] {
      let joining = watching {
        scheme.bind(user.root, to: device, as: PASID(1)) == .bound
      }
      let right = [AccessResult.blocked, .reached(address)]
      #expect(joining.allSatisfy(right.contains), "\(joining)")
      #expect(world.access(userAddress) == .reached(address))
      let leaving = watching {
        scheme.unbind(user.root, from: device, as: PASID(1)) == .left
      }
      #expect(leaving.allSatisfy(right.contains), "\(leaving)")
      #expect(world.access(userAddress) == .blocked)
    }
  }

  /// The same while the IOMMU gets to know a device.
  @Test func aDeviceThatIsAddedIsBlockedUntilItIsBound() {
    let world = World()
    let driver = world.machine.driver
    let device = Device(iommu: 0, requester: 0x100)
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    func access() -> AccessResult {
      world.machine.deviceAccess(
        device, pasid: PASID(1), VirtualAddress(userAddress), isWrite: false)
    }
    world.machine.startWork(device, as: PASID(1))
    var results: [AccessResult] = []
    world.machine.onStore = { results.append(access()) }
    #expect(driver.add(device) == .added)
    world.machine.onStore = nil
    #expect(!results.isEmpty && results.allSatisfy { $0 == .blocked })
    #expect(world.scheme.bind(user.root, to: device, as: PASID(1)) == .bound)
    #expect(access() == .reached(frame.address))
  }

  @Test func aBindThatFailsLeavesWhatWasShared() {
    let world = World()
    let user = world.share()
    #expect(world.bind(user) == .pasidNotFree)
    #expect(!world.scheme.sharing.isUnused())
    #expect(world.unbind(user) == .left)
    #expect(world.scheme.sharing.isUnused())
  }

  @Test func expellingTheOnlyDeviceLeavesNothingShared() {
    let world = World()
    world.share(1)
    world.share(2)
    #expect(world.scheme.makeLeave(world.machine.device(0)) == .left)
    #expect(world.scheme.sharing.isUnused())
    let before = world.statistics.descriptors
    _ = world.kernel.unmap(world.map(kernelAddress))
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    #expect(world.statistics.descriptors == before)
  }

  @Test func whoStaysIsStillAskedWhenAnotherIsExpelled() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    let other = Device(iommu: 0, requester: 0x100)
    #expect(world.machine.driver.add(other) == .added)
    #expect(world.scheme.bind(user.root, to: other, as: PASID(1)) == .bound)
    #expect(world.scheme.makeLeave(other) == .left)
    #expect(!world.scheme.sharing.isUnused())
    world.access(userAddress)
    let range = world.map(kernelAddress)
    world.access(kernelAddress)
    _ = world.kernel.unmap(range)
    #expect(TableAccounts(of: world.platform).quarantined == 2)
    world.machine.run(until: 1_000_000)
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    #expect(world.access(kernelAddress) == .notPresent(level: 3))
    #expect(world.statistics.staleReads == 0)
  }

  /// The IOMMU stands still again after its queue was started anew.
  @Test func anExpulsionThatFailsReleasesNothing() {
    let world = World()
    let user = world.share()
    let device = world.machine.device(0)
    world.machine.planFailure(.stuck, of: 0)
    _ = world.kernel.unmap(world.map(kernelAddress))
    world.machine.run(until: 2_000_000)
    world.machine.planFailure(.stuck, of: 0)
    #expect(world.scheme.makeLeave(device) == .unanswered)
    #expect(!world.scheme.sharing.isUnused())
    #expect(world.bind(user) == .leaving)
    world.scheme.reclaim()
    #expect(TableAccounts(of: world.platform).released == 0)
    #expect(world.scheme.makeLeave(device) == .left)
    world.scheme.reclaim()
    #expect(TableAccounts(of: world.platform).released == 2)
    #expect(world.scheme.sharing.isUnused())
  }

  /// What it cached by itself would lead it past the IOMMU.
  @Test func anExpelledDeviceReachesNothingByItself() {
    let world = World { $0.deviceTLBs = true }
    world.mapUser(world.share(), userAddress)
    world.access(userAddress)
    // The IOTLB forgets; the device answers itself.
    let driver = world.machine.driver
    driver.submit(InvalidationRequest(pasid: nil, range: nil), to: 0)
    #expect(driver.wait(for: driver.fence(0), on: 0))
    #expect(world.isCached(userAddress))
    #expect(world.scheme.makeLeave(world.machine.device(0)) == .left)
    #expect(world.access(userAddress) == .blocked)
  }

  /// Its PASID belongs to another space when it comes back.
  @Test func anExpelledDeviceComesBackCold() {
    let world = World()
    world.mapUser(world.share(), userAddress)
    world.access(userAddress)
    let device = world.machine.device(0)
    #expect(world.scheme.makeLeave(device) == .left)
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    #expect(world.machine.driver.add(device) == .added)
    #expect(world.bind(user) == .bound)
    #expect(world.access(userAddress) == .reached(frame.address))
  }

  /// However often it takes: the spaces of the IOMMU can be invalidated by one
  /// request again.
  @Test(arguments: [1, 2])
  func anExpelledDevicesTLBIsNotCountedAnyMore(attempts: Int) {
    let world = World { $0.deviceTLBs = true }
    world.share()
    let driver = world.machine.driver
    #expect(!driver.mergesSpaces(on: 0))
    for attempt in 1...attempts {
      if attempt < attempts { world.machine.planFailure(.stuck, of: 0) }
      let outcome = world.scheme.makeLeave(world.machine.device(0))
      #expect((outcome == .left) == (attempt == attempts))
    }
    #expect(driver.mergesSpaces(on: 0))
  }

  /// The queue starts anew: a wait for what was in it is in vain.
  @Test func anExpulsionVoidsTheTicketsBefore() {
    let world = World()
    world.share()
    world.machine.planFailure(.stuck, of: 0)
    let driver = world.machine.driver
    driver.submit(InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    let ticket = driver.fence(0)
    #expect(world.scheme.makeLeave(world.machine.device(0)) == .left)
    #expect(!driver.wait(for: ticket, on: 0))
  }

  /// A device that is expelled and comes back takes no frame more each time.
  @Test func expellingGivesFramesBack() {
    let world = World { $0.frames = 320 }
    let user = world.makeUser()
    let device = world.machine.device(0)
    for _ in 0..<80 {
      #expect(world.bind(user) == .bound)
      #expect(world.scheme.makeLeave(device) == .left)
      // Until the next owners of its frames have given them back.
      world.machine.run(until: world.machine.now + 60_000_000)
      guard world.machine.driver.add(device) == .added else {
        Issue.record("no frames")
        return
      }
    }
  }

  /// Every device's own TLB forgets, of the devices that use the space.
  @Test func allDeviceTLBsOfASpaceAreTold() {
    let world = World { $0.deviceTLBs = true }
    let user = world.share()
    world.mapUser(user, userAddress)
    let other = Device(iommu: 0, requester: 0x100)
    let stranger = Device(iommu: 0, requester: 0x101)
    for device in [other, stranger] {
      #expect(world.machine.driver.add(device, tlb: DeviceTLB()) == .added)
    }
    #expect(world.scheme.bind(user.root, to: other, as: PASID(1)) == .bound)
    world.machine.startWork(other, as: PASID(1))
    let devices = [world.machine.device(0), other]
    func walks() -> [AccessResult] {
      devices.map {
        world.machine.deviceAccess(
          $0, pasid: PASID(1), VirtualAddress(userAddress), isWrite: false)
      }
    }
    _ = walks()
    _ = world.platform.exchange(
      0, at: world.slot(userAddress, level: 1, root: user.root))
    let before = world.statistics.descriptors
    world.invalidate(pageRange(userAddress, 1))
    #expect(walks() == [.notPresent(level: 1), .notPresent(level: 1)])
    // The IOTLB, two device TLBs, the wait; not the stranger's.
    #expect(world.statistics.descriptors == before + 4)
  }

  /// A device may ask again between the two: were its own TLB invalidated
  /// first, it would be answered from the IOTLB as before.
  @Test func theIOTLBIsToldBeforeTheDevice() {
    let world = World { $0.deviceTLBs = true }
    let user = world.share()
    world.mapUser(user, userAddress)
    world.access(userAddress)
    _ = world.platform.exchange(
      0, at: world.slot(userAddress, level: 1, root: user.root))
    let driver = world.machine.driver
    driver.submit(
      InvalidationRequest(pasid: PASID(1), range: pageRange(userAddress, 1)),
      to: 0)
    let ticket = driver.fence(0)
    for _ in 0..<40 {
      world.machine.run(until: world.machine.now + 100)
      world.access(userAddress)
    }
    #expect(driver.wait(for: ticket, on: 0))
    #expect(world.access(userAddress) == .notPresent(level: 1))
  }
}
