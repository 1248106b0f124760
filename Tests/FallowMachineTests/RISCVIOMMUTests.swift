// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

@testable import Fallow

/// The driver that ships on the simulated RISC-V IOMMU.
@Suite struct RISCVIOMMUTests {
  private static let numbers: [PASID] = [
    PASID(1), PASID(255), PASID(256), PASID(0x1_ffff), PASID(0xf_ffff),
    .without(tag: 0), .without(tag: 7),
  ]

  // MARK: Devices that cache translations themselves

  /// The driver lets none: nothing would have them forget.
  @Test(arguments: [false, true])
  func noDeviceCachesByItself(hasATS: Bool) {
    let world = RISCVWorld {
      $0.deviceTLBs = true
      $0.riscvIOMMU.hasATS = hasATS
    }
    #expect(!world.right.capabilities(of: 0).hasDeviceTLBs)
    let number = PASID(1)
    let user = world.share(number)
    let frame = world.mapUser(user, userAddress)
    for _ in 0..<2 {
      #expect(world.access(userAddress, number) == .reached(frame.address))
    }
    var stale = StaleRange(on: world.platform)
    #expect(user.unmap(pageRange(userAddress, 1), into: &stale) == nil)
    #expect(stale.invalidated(by: world.scheme).isEmpty)
    #expect(world.access(userAddress, number) != .reached(frame.address))
  }

  /// A context that asks for what the IOMMU lacks serves nobody.
  @Test(
    arguments: [
      (false, false, false, true), (false, true, false, false),
      (true, true, false, true), (true, true, true, true),
      (true, false, true, false), (false, false, true, false),
    ] as [(Bool, Bool, Bool, Bool)])
  func aMisconfiguredContextIsRefused(
    hasATS: Bool, asksForTLB: Bool, asksForPages: Bool, isRight: Bool
  ) throws {
    let world = RISCVWorld { $0.riscvIOMMU.hasATS = hasATS }
    let number = PASID(1)
    let frame = world.mapUser(world.share(number), userAddress)
    let context = try #require(world.right.context(of: world.device))
    typealias Field = RISCVIOMMUEntry.Device
    world.platform.store(
      world.platform.load(context) | Field.deviceTLB(asksForTLB ? 1 : 0)
        | Field.pageRequests(asksForPages ? 1 : 0), to: context)
    #expect(
      world.access(userAddress, number)
        == (isRight ? .reached(frame.address) : .blocked))
  }

  /// Where a device may use the kernel half, its leaves obey the law of frames,
  /// too: a table that stays linked makes nobody forget.
  @Test func aKernelLeafIsGoneOnceItsRangeIsInvalidated() throws {
    let world = RISCVWorld()
    let number = PASID(1)
    world.share(number)
    let pages = world.map(riscvKernelAddress, pages: 2)
    let page = pageRange(riscvKernelAddress, 1)
    let kernel = KernelSpace(tables: world.kernel)
    let before = world.access(riscvKernelAddress, number)
    guard case .reached = before else {
      Issue.record("\(before)")
      return
    }
    var stale = StaleRange(on: world.platform)
    try kernel.unmap(page, into: &stale)
    #expect(!stale.isEmpty && stale.addresses == page)
    world.settle()
    #expect(world.access(riscvKernelAddress, number) == before)
    try stale.invalidate(by: world.scheme)
    #expect(
      world.access(riscvKernelAddress, number) == .notPresent(level: 1))
    try kernel.unmap(pages)
  }

  // MARK: Walks

  @Test(arguments: numbers)
  func nobodyWalksBeforeTheBindAndAfterTheUnbind(number: PASID) {
    let world = RISCVWorld()
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    #expect(world.access(userAddress, number) == .blocked)
    #expect(world.bind(user, number) == .bound)
    #expect(world.access(userAddress, number) == .reached(frame.address))
    #expect(
      world.access(userAddress, number, isWrite: true)
        == .reached(frame.address))
    #expect(world.unbind(user, number) == .left)
    #expect(world.access(userAddress, number) == .blocked)
    #expect(world.scheme.sharing.isUnused())
    #expect(world.machine.statistics.staleReads == 0)
  }

  @Test func eachPASIDReachesItsOwnSpace() {
    let world = RISCVWorld()
    // Requests without a PASID have one place.
    let numbers = Self.numbers.dropLast()
    var frames: [FrameNumber] = []
    for number in numbers {
      frames.append(world.mapUser(world.share(number), userAddress))
    }
    for _ in 0..<2 {
      for (number, frame) in zip(numbers, frames) {
        #expect(world.access(userAddress, number) == .reached(frame.address))
      }
    }
    #expect(world.access(userAddress, PASID(2)) == .blocked)
    let other = PASID.without(tag: 7)
    #expect(world.bind(world.makeUser(), other) == .pasidNotFree)
  }

  /// Without process directories, through the device's context.
  @Test func withoutProcessDirectoriesRequestsWithoutAPASIDAreServed() {
    let world = RISCVWorld { $0.riscvIOMMU.processIDs = 0 }
    let user = world.makeUser()
    let frame = world.mapUser(user, userAddress)
    let number = PASID.without(tag: 3)
    #expect(world.bind(user, PASID(1)) == .pasidTooWide)
    #expect(world.access(userAddress, number) == .blocked)
    #expect(world.bind(user, number) == .bound)
    #expect(world.access(userAddress, number) == .reached(frame.address))
    #expect(world.access(userAddress, PASID(1)) == .blocked)
    #expect(world.unbind(user, number) == .left)
    #expect(world.access(userAddress, number) == .blocked)
  }

  @Test(
    arguments: [1, 2, 4] as [UInt64],
    [[0, 1, 2], [0, 1, 3], [0, 1, 4]]
      as [Set<UInt64>])
  func everyShapeOfDirectoriesIsWalked(
    processIDs: UInt64, modes: Set<UInt64>
  ) {
    for isExtended in [false, true] {
      let world = RISCVWorld {
        $0.riscvIOMMU.processIDs = processIDs
        $0.riscvIOMMU.modes = modes
        $0.riscvIOMMU.hasExtendedContexts = isExtended
      }
      let number = PASID(200)
      let user = world.share(number)
      let frame = world.mapUser(user, userAddress)
      #expect(world.access(userAddress, number) == .reached(frame.address))
      #expect(world.unbind(user, number) == .left)
      #expect(world.access(userAddress, number) == .blocked)
    }
  }

  @Test func aPASIDIsUsedAgainCold() {
    let world = RISCVWorld()
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress)
    let new = world.mapUser(second, userAddress)
    for _ in 0..<3 {
      for (user, frame) in [(first, old), (second, new)] {
        #expect(world.bind(user, PASID(1)) == .bound)
        #expect(
          world.access(userAddress, PASID(1)) == .reached(frame.address))
        #expect(world.unbind(user, PASID(1)) == .left)
      }
    }
  }

  /// Without the default process they would pass the IOMMU untranslated.
  @Test func requestsWithoutAPASIDNeverPassUntranslated() throws {
    let world = RISCVWorld()
    world.share(PASID(1))
    let number = PASID.without(tag: 0)
    #expect(world.access(userAddress, number) == .blocked)
    let context = try #require(world.right.context(of: world.device))
    let word = world.platform.load(context)
    // The IOMMU cached the context; a device it has not met yet shows it.
    world.platform.store(
      word & ~RISCVIOMMUEntry.Device.hasDefault.mask, to: context)
    world.right.dropEverything(0)
    #expect(world.right.wait(for: world.right.fence(0), on: 0))
    #expect(world.access(userAddress, number) == .untranslated)
  }

  // MARK: Accessed and dirty bits

  @Test func theIOMMUSetsAccessedAndDirtyBits() throws {
    for updates in [true, false] {
      let world = RISCVWorld { $0.riscvIOMMU.updatesBits = updates }
      #expect(world.right.capabilities(of: 0).setsAccessedAndDirty == updates)
      let user = world.share(PASID(1))
      let frame = world.mapUser(user, userAddress)
      let marked = world.mapUser(
        user, userAddress + 0x1000,
        attributes: [.userData, .accessed, .dirty].reduce(.none, |))
      let result = world.access(userAddress, PASID(1), isWrite: true)
      #expect(
        result == (updates ? .reached(frame.address) : .refused(level: 1)))
      #expect(
        world.access(userAddress + 0x1000, PASID(1), isWrite: true)
          == .reached(marked.address))
      let found = try #require(user.translate(VirtualAddress(userAddress)))
      #expect(found.attributes.contains(.dirty) == updates)
    }
  }

  // MARK: Invalidations

  @Test func tablesAreReleasedWhenTheIOMMUHasDroppedThem() {
    let world = RISCVWorld()
    for pasid: UInt32 in 1...3 { world.share(PASID(pasid)) }
    let range = world.map(riscvKernelAddress, pages: 2)
    for pasid: UInt32 in 1...3 {
      #expect(world.access(riscvKernelAddress, PASID(pasid)) != .blocked)
    }
    _ = world.kernel.unmap(range)
    #expect(TableAccounts(of: world.platform).quarantined > 0)
    world.settle()
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    for pasid: UInt32 in 1...3 {
      for page: UInt64 in 0..<2 {
        world.access(riscvKernelAddress + page << 12, PASID(pasid))
      }
    }
    let counted = world.machine.statistics
    #expect(counted.staleReads == 0 && counted.staleAccesses == 0)
  }

  /// The global leaf that one space cached serves all.
  @Test func aGlobalLeafIsSharedAndGoesWithTheKernelHalf() {
    let world = RISCVWorld()
    world.share(PASID(1))
    world.share(PASID(2))
    let range = world.map(riscvKernelAddress)
    world.access(riscvKernelAddress, PASID(1))
    let walks = world.machine.statistics.walks
    #expect(world.access(riscvKernelAddress, PASID(2)) != .blocked)
    #expect(world.machine.statistics.walks == walks)
    _ = world.kernel.unmap(range)
    world.settle()
    #expect(
      world.access(riscvKernelAddress, PASID(2)) == .notPresent(level: 3)
        || world.access(riscvKernelAddress, PASID(2)) == .notPresent(level: 2))
  }

  @Test func leavesOfAUserHalfGoByAddressAndTag() {
    let world = RISCVWorld()
    let users = (1...2).map { world.share(PASID($0)) }
    for user in users { world.mapUser(user, userAddress, pages: 2) }
    func walksOf(_ pasid: UInt32, _ page: UInt64) -> UInt64 {
      let walks = world.machine.statistics.walks
      world.access(userAddress + page << 12, PASID(pasid))
      return world.machine.statistics.walks - walks
    }
    for pasid: UInt32 in 1...2 {
      for page: UInt64 in 0..<2 { _ = walksOf(pasid, page) }
    }
    world.right.submit(
      InvalidationRequest(
        pasid: PASID(1), range: pageRange(userAddress, 1), leavesOnly: true),
      to: 0)
    #expect(world.right.wait(for: world.right.fence(0), on: 0))
    #expect(walksOf(1, 0) == 1)
    #expect(walksOf(1, 1) == 0)
    #expect(walksOf(2, 0) == 0)
  }

  @Test(arguments: [FailureKind.descriptor, .late, .stuck])
  func aFailureParksAndALaterSuccessReleases(kind: FailureKind) {
    let world = RISCVWorld()
    world.share(PASID(1))
    world.machine.planFailure(kind, of: 0)
    _ = world.kernel.unmap(world.map(riscvKernelAddress))
    world.machine.run(until: world.machine.now + 1_500_000)
    let parked = TableAccounts(of: world.platform).parked
    #expect(parked > 0)
    if kind == .stuck {
      world.scheme.reclaim()
      #expect(TableAccounts(of: world.platform).parked == parked)
      #expect(world.scheme.makeLeave(world.device) == .left)
    }
    world.settle()
    world.scheme.reclaim()
    #expect(TableAccounts(of: world.platform).parked == 0)
    #expect(TableAccounts(of: world.platform).released == parked)
  }

  @Test func anExpelledDeviceGivesItsFramesBack() {
    let world = RISCVWorld { $0.frames = 320 }
    let user = world.makeUser()
    for pasid: UInt32 in [5, 0x1_0000, 0xf_0000] {
      for _ in 0..<30 {
        #expect(world.bind(user, PASID(pasid)) == .bound)
        #expect(world.scheme.makeLeave(world.device) == .left)
        #expect(world.access(userAddress, PASID(pasid)) == .blocked)
        world.machine.run(until: world.machine.now + 60_000_000)
        guard world.right.add(world.device) == .added else {
          Issue.record("no frames")
          return
        }
      }
    }
  }

  @Test func aThousandSpacesComeAndGo() {
    let world = RISCVWorld { $0.frames = 8_192 }
    let users = (1...1_000).map { world.share(PASID($0)) }
    _ = world.kernel.unmap(world.map(riscvKernelAddress))
    world.settle()
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    for (index, user) in users.enumerated().reversed() {
      #expect(world.unbind(user, PASID(UInt32(index) + 1)) == .left)
    }
    #expect(world.scheme.sharing.isUnused())
  }

  /// One PASID, one space after another, each of which a device walked.
  @Test func aThousandSpacesUnderOnePASIDAreNeverWalkedStale() {
    let world = RISCVWorld()
    let users = (0..<4).map { _ in world.makeUser() }
    let frames = users.map { world.mapUser($0, userAddress) }
    for turn in 0..<1_000 {
      let index = turn % users.count
      #expect(world.bind(users[index], PASID(9)) == .bound)
      #expect(
        world.access(userAddress, PASID(9)) == .reached(frames[index].address))
      #expect(world.unbind(users[index], PASID(9)) == .left)
    }
    #expect(world.scheme.sharing.isUnused())
    #expect(world.machine.statistics.staleReads == 0)
  }
}
