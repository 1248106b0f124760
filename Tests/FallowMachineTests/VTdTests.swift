// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// The real driver on the simulated VT-d: its members, and what goes wrong.
@Suite struct VTdTests {
  private func retireOne(_ world: World, _ offset: UInt64 = 0) {
    _ = world.kernel.unmap(world.map(kernelAddress + offset))
  }

  private func accounts(_ world: World) -> TableAccounts {
    TableAccounts(of: world.platform)
  }

  // MARK: Joining and leaving

  @Test func nobodyWalksBeforeTheBindAndAfterTheUnbind() {
    let world = World()
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    _ = world.machine.driver
    #expect(world.access(userAddress) == .blocked)
    #expect(world.bind(user) == .bound)
    #expect(world.access(userAddress) == .reached(frame.address))
    #expect(world.unbind(user) == .left)
    #expect(world.access(userAddress) == .blocked)
  }

  @Test func aPASIDIsUsedAgainCold() {
    let world = World()
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress)
    let new = world.mapUser(second, userAddress)
    for _ in 0..<3 {
      #expect(world.bind(first) == .bound)
      #expect(world.access(userAddress) == .reached(old.address))
      #expect(world.unbind(first) == .left)
      #expect(world.bind(second) == .bound)
      #expect(world.access(userAddress) == .reached(new.address))
      #expect(world.unbind(second) == .left)
    }
  }

  @Test func aPASIDInUseIsNotGivenToAnother() {
    let world = World()
    world.share(1)
    #expect(world.bind(world.makeUser(), 1) == .pasidNotFree)
    #expect(world.bind(world.makeUser(), 1 << 15) == .pasidTooWide)
    // The failed bind left nothing behind: the next table asks one space.
    retireOne(world)
    world.machine.run(until: 1_000_000)
    #expect(world.statistics.invalidationRequests == 1)
  }

  @Test func aWalkerThatDoesNotSnoopIsNotBound() {
    let world = World { $0.snoopsWalks = false }
    #expect(world.bind(world.makeUser()) == .notCoherent)
    #expect(world.scheme.sharing.isUnused())
  }

  @Test func aDeviceThatNobodyAddedIsUnknown() {
    let world = World()
    let outcome = world.scheme.bind(
      world.makeUser().root, to: Device(iommu: 0, requester: 0x1234),
      as: PASID(1))
    #expect(outcome == .unknownDevice)
  }

  /// A second device, on an IOMMU that is new to the space.
  @Test func everyIOMMUThatJoinedIsAsked() {
    let world = World { $0.iommus = 3 }
    let user = world.share(iommus: 2)
    #expect(world.bind(user, 1, 2) == .bound)
    retireOne(world)
    world.machine.run(until: 1_000_000)
    #expect(world.statistics.invalidationRequests == 3)
    #expect(accounts(world).quarantined == 0)
    #expect(world.unbind(user, 1, 0) == .left)
    let before = world.statistics.invalidationRequests
    retireOne(world, 1 << 30)
    world.machine.run(until: 2_000_000)
    #expect(world.statistics.invalidationRequests == before + 2)
  }

  @Test(arguments: [0, 1])
  func aSecondDeviceKeepsItsIOMMUAMember(first: Int) {
    let world = World()
    let user = world.share()
    let other = Device(iommu: 0, requester: 0x100)
    let driver = world.machine.driver
    #expect(driver.add(other) == .added)
    let scheme = world.scheme
    #expect(scheme.bind(user.root, to: other, as: PASID(1)) == .bound)
    let devices = [world.machine.device(0), other]
    for (device, isLast) in [
      (devices[first], false), (devices[1 - first], true),
    ] {
      #expect(
        scheme.unbind(user.root, from: device, as: PASID(1)) == .left)
      #expect(scheme.sharing.isUnused() == isLast)
    }
  }

  @Test func spacesLeaveInAnyOrder() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
      let world = World()
      let users = (1...3).map { world.share(UInt32($0)) }
      for (step, index) in order.enumerated() {
        #expect(world.unbind(users[index], UInt32(index) + 1) == .left)
        var left = 0
        world.scheme.sharing.forEachBinding { _ in left += 1 }
        #expect(left == 2 - step)
      }
      #expect(world.scheme.sharing.isUnused())
    }
  }

  @Test func nobodySharesMeansNoCommandAndNoQuarantine() {
    let world = World()
    let user = world.share()
    #expect(world.unbind(user) == .left)
    let before = world.statistics.descriptors
    retireOne(world)
    #expect(accounts(world).quarantined == 0)
    #expect(accounts(world).released == 2)
    #expect(world.statistics.descriptors == before)
    // Not while a reader is under way.
    world.platform.enterReadSection()
    retireOne(world)
    #expect(accounts(world).quarantined == 2)
    world.platform.leaveReadSection()
    world.machine.run(until: world.machine.now + 1_000_000)
    #expect(accounts(world).quarantined == 0)
    #expect(world.statistics.descriptors == before)
  }

  // MARK: Requests

  @Test func oneRequestCoversAllSpacesOfAnIOMMU() {
    let world = World { $0.iommus = 2 }
    for pasid: UInt32 in 1...5 { world.share(pasid) }
    world.share(6, iommus: 2)
    world.machine.recordsEvents = true
    retireOne(world)
    world.machine.run(until: 1_000_000)
    let requests = world.machine.events.compactMap {
      event -> InvalidationRequest? in
      guard case .submitted(let request, _) = event.kind else { return nil }
      return request
    }
    // IOMMU 1 has one space, which is asked for by its kernel half.
    #expect(requests.count == 2)
    #expect(requests.contains { $0.pasid == nil })
    #expect(
      requests.contains {
        $0.pasid == PASID(6) && $0.range == X86FourLevel.kernelHalf
      })
  }

  @Test func iommusWorkSideBySide() {
    let world = World { $0.iommus = 4 }
    world.share(iommus: 4)
    retireOne(world)
    world.machine.run(until: 1_000_000)
    #expect(world.statistics.waitedNanoseconds == 2_000)
  }

  @Test func theSlowestIOMMUIsWaitedFor() {
    let world = World {
      $0.iommus = 2
      $0.latencies = [1: 50_000]
    }
    world.share(iommus: 2)
    retireOne(world)
    var meanwhile: UInt64 = 0
    world.machine.schedule(at: 60_000) { [self] in
      meanwhile = accounts(world).quarantined
    }
    world.machine.run(until: 1_000_000)
    #expect(meanwhile == 2)
    #expect(accounts(world).quarantined == 0)
    #expect(world.statistics.waitedNanoseconds == 100_000)
  }

  @Test func aRequestBeyondTheMaskIsForTheWholePASID() {
    let world = World { $0.maxAddressMask = 18 }
    world.mapUser(world.share(), userAddress)
    world.access(userAddress)
    #expect(world.isCached(userAddress))
    world.invalidate(X86FourLevel.kernelHalf)
    #expect(!world.isCached(userAddress))
  }

  /// More descriptors than the queue holds.
  @Test func aFullQueueIsWaitedFor() {
    let world = World()
    world.share()
    let driver = world.machine.driver
    for _ in 0..<300 {
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    }
    let ticket = driver.fence(0)
    #expect(driver.wait(for: ticket, on: 0))
    #expect(world.statistics.invalidationRequests == 300)
    #expect(world.machine.now == 301_000)
  }

  @Test func aQueueThatStaysFullMakesTheNextTicketVoid() {
    let world = World()
    world.share()
    world.machine.planFailure(.stuck, of: 0)
    let driver = world.machine.driver
    for _ in 0..<128 {
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    }
    let ticket = driver.fence(0)
    #expect(!driver.wait(for: ticket, on: 0))
  }

  /// What found no room is not in the queue, though the wait after it is.
  @Test func aTicketAfterWhatFoundNoRoomIsVoid() {
    let world = World {
      $0.invalidationLatency = 100_000
      $0.patience = 10_000
    }
    world.share()
    let driver = world.machine.driver
    for _ in 0..<128 {
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    }
    func isReached() -> Bool {
      world.machine.run(until: world.machine.now + 20_000_000)
      let ticket = driver.fence(0)
      world.machine.run(until: world.machine.now + 1_000_000)
      return driver.wait(for: ticket, on: 0)
    }
    #expect(!isReached())
    #expect(isReached())
  }

  /// The queue fills up behind a descriptor that is refused, before the fence.
  @Test func aTicketAfterWhatWasRefusedIsVoid() {
    let world = World()
    world.share()
    world.machine.planFailure(.descriptor, of: 0)
    let driver = world.machine.driver
    for _ in 0..<200 {
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    }
    #expect(!driver.wait(for: driver.fence(0), on: 0))
    #expect(driver.wait(for: driver.fence(0), on: 0))
  }

  @Test func deviceTLBsAreToldAfterTheIOTLB() {
    let world = World { $0.deviceTLBs = true }
    let user = world.share()
    let frame = world.mapUser(user, userAddress)
    #expect(world.access(userAddress) == .reached(frame.address))
    // The device answers by itself, whatever the IOMMU has.
    _ = world.platform.exchange(
      0, at: world.slot(userAddress, level: 1, root: user.root))
    #expect(world.isCached(userAddress))
    world.invalidate(pageRange(userAddress + 0x1000, 1))
    #expect(world.isCached(userAddress))
    world.invalidate(pageRange(userAddress, 4))
    #expect(world.access(userAddress) == .notPresent(level: 1))
  }

  // MARK: Failures

  private func failing(_ kind: FailureKind) -> World {
    let world = World {
      $0.iommus = 2
      $0.deviceTLBs = kind == .device
    }
    world.share(iommus: 2)
    world.machine.planFailure(kind, of: 1)
    return world
  }

  @Test(arguments: FailureKind.allCases)
  func aFailureParksAndALaterSuccessReleases(kind: FailureKind) {
    let world = failing(kind)
    retireOne(world)
    world.machine.run(until: 1_500_000)
    #expect(accounts(world).parked == 2)
    #expect(accounts(world).released == 0)
    var waiting = IOMMUSet.none
    waiting.insert(1)
    #expect(world.scheme.unanswered() == waiting)
    if kind == .stuck {
      // It does not recover by itself, so the next run fails too.
      world.scheme.reclaim()
      #expect(accounts(world).parked == 2)
      let device = world.machine.device(1)
      #expect(world.scheme.makeLeave(device) == .left)
    }
    world.machine.run(until: 10_000_000)
    world.scheme.reclaim()
    #expect(accounts(world).parked == 0)
    #expect(accounts(world).released == 2)
    #expect(accounts(world).total == accounts(world).linked + 2)
  }

  /// The waits that the IOMMU had fetched go with the device's time-out, the
  /// one of a batch mate too.
  @Test func aTimeOutTakesTheBatchMatesWithIt() {
    let world = World { $0.deviceTLBs = true }
    world.share()
    world.machine.planFailure(.device, of: 0)
    let driver = world.machine.driver
    driver.submit(InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    let first = driver.fence(0)
    let second = driver.fence(0)
    #expect(!driver.wait(for: first, on: 0))
    #expect(!driver.wait(for: second, on: 0))
    let third = driver.fence(0)
    #expect(driver.wait(for: third, on: 0))
  }

  @Test func aTicketBehindABadDescriptorIsVoidThoughItIsReached() {
    let world = World()
    world.mapUser(world.share(), userAddress)
    world.access(userAddress)
    world.machine.planFailure(.descriptor, of: 0)
    let driver = world.machine.driver
    driver.submit(InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
    let ticket = driver.fence(0)
    #expect(!driver.wait(for: ticket, on: 0))
    world.machine.run(until: world.machine.now + 100_000)
    #expect(!driver.wait(for: ticket, on: 0))
    #expect(world.isCached(userAddress))
  }

  @Test func anUnbindThatFailsLeavesTheSpaceShared() {
    let world = World()
    let user = world.share()
    world.machine.planFailure(.descriptor, of: 0)
    #expect(world.unbind(user) == .unanswered)
    #expect(!world.scheme.sharing.isUnused())
    #expect(world.bind(world.makeUser()) == .pasidNotFree)
    world.machine.stopWork(world.machine.device(0), as: PASID(1))
    #expect(world.unbind(user) == .left)
    #expect(world.scheme.sharing.isUnused())
    #expect(world.bind(world.makeUser()) == .bound)
  }

  @Test func anExpelledDeviceComesBackFromItsReset() {
    let world = failing(.stuck)
    retireOne(world)
    world.machine.run(until: 1_500_000)
    let device = world.machine.device(1)
    world.machine.recordsEvents = true
    #expect(world.scheme.makeLeave(device) == .left)
    // Its directory and PASID table go, which are no tables of the library's.
    #expect(
      !world.machine.events.contains {
        if case .released = $0.kind { true } else { false }
      })
    #expect(world.access(userAddress, iommu: 1) == .blocked)
    world.scheme.reclaim()
    #expect(accounts(world).parked == 0)
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    #expect(world.machine.driver.add(device) == .added)
    #expect(world.bind(user, 2, 1) == .bound)
    #expect(
      world.access(userAddress, pasid: 2, iommu: 1)
        == .reached(frame.address))
  }

  /// What was parked for one IOMMU waits for that one alone.
  @Test func onlyTheIOMMUThatFailedIsWaitedFor() {
    let world = failing(.descriptor)
    retireOne(world)
    world.machine.run(until: 500_000)
    #expect(accounts(world).parked == 2)
    // Now the other fails; the first batch is not its business.
    world.machine.planFailure(.descriptor, of: 0)
    world.scheme.reclaim()
    #expect(accounts(world).parked == 0)
  }

  // MARK: User tables

  @Test func userTablesAreReleasedByTheirOwnInvalidation() {
    let world = World { $0.iommus = 2 }
    let user = world.share(iommus: 2)
    world.share(2)
    world.mapUser(user, userAddress, pages: 3)
    world.access(userAddress)
    world.access(userAddress, iommu: 1)
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
      on: world.platform)
    #expect(
      user.unmap(pageRange(userAddress, 3), into: &unlinked) == nil)
    world.machine.recordsEvents = true
    let batch = world.scheme.retire(unlinked)
    #expect(accounts(world).quarantined == 3)
    batch.invalidated(by: world.scheme.sharing).release()
    #expect(accounts(world).released == 3)
    let asked = world.machine.events.compactMap { event -> PASID? in
      guard case .submitted(let request, _) = event.kind else { return nil }
      return request.pasid
    }
    #expect(asked == [PASID(1), PASID(1)])
    #expect(world.access(userAddress + 0x1000) != .reached(.init(0)))
    #expect(world.statistics.staleReads == 0)
  }

  @Test func userTablesThatAreParkedAreReleasedByTheWorker() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    world.access(userAddress)
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
      on: world.platform)
    _ = user.unmap(pageRange(userAddress, 1), into: &unlinked)
    world.machine.planFailure(.descriptor, of: 0)
    let answer = world.scheme.retire(unlinked).invalidated(
      by: world.scheme.sharing)
    let isComplete = answer.isComplete
    #expect(!isComplete)
    answer.release()
    #expect(accounts(world).parked == 3)
    // A kernel-half request would not do.
    world.scheme.reclaim()
    #expect(accounts(world).parked == 0)
    #expect(world.access(userAddress) == .notPresent(level: 4))
    #expect(world.statistics.staleReads == 0)
  }

  /// Leaf frames come back when every walker has forgotten them, and not
  /// before; reused at once, a device still reaches them.
  @Test func leafFramesAreReusableAfterTheInvalidation() throws {
    for isEarly in [true, false] {
      let world = World()
      let user = world.share()
      let frames = world.mapUser(user, userAddress, pages: 2)
      world.access(userAddress)
      var stale = StaleRange(on: world.platform)
      #expect(user.unmap(pageRange(userAddress, 2), into: &stale) == nil)
      if isEarly { world.machine.freeData(frames) }
      #expect(world.isCached(userAddress))
      #expect(throws: Never.self) { try stale.invalidate(by: world.scheme) }
      if !isEarly { world.machine.freeData(frames) }
      world.access(userAddress)
      #expect((world.statistics.staleAccesses > 0) == isEarly)
      #expect(accounts(world).released == 3)
    }
  }

  @Test func leafFramesWaitForAWalkerThatDoesNotAnswer() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress, pages: 2)
    var stale = StaleRange(on: world.platform)
    #expect(user.unmap(pageRange(userAddress, 1), into: &stale) == nil)
    world.machine.planFailure(.descriptor, of: 0)
    let early = stale.invalidated(by: world.scheme)
    #expect(early == IOMMUSet(first: 1))
    let isStillStale = !stale.isEmpty
    #expect(isStillStale)
    let late = stale.invalidated(by: world.scheme)
    #expect(late == .none)
    let isEmpty = stale.isEmpty
    #expect(isEmpty)
  }
}
