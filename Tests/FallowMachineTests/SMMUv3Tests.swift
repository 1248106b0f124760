// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

@testable import Fallow

/// The driver that ships on the simulated SMMUv3.
@Suite struct SMMUv3Tests {
  private static let numbers: [PASID] = [
    PASID(1), PASID(63), PASID(64), PASID(0x7fff), .without(tag: 0),
    .without(tag: 7), .without(tag: 0x7fff),
  ]

  // MARK: Walks

  @Test(arguments: numbers)
  func nobodyWalksBeforeTheBindAndAfterTheUnbind(number: PASID) {
    let world = SMMUv3World()
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

  @Test func aPASIDAndATagOfTheSameNumberAreTwoSpaces() {
    let world = SMMUv3World()
    let numbers = [PASID(7), .without(tag: 7)]
    let frames = numbers.map { world.mapUser(world.share($0), userAddress) }
    for _ in 0..<2 {
      for (number, frame) in zip(numbers, frames) {
        #expect(world.access(userAddress, number) == .reached(frame.address))
      }
    }
  }

  @Test(
    arguments: [
      (PASID(0), BindOutcome.pasidReserved), (PASID(0x8000), .pasidTooWide),
      (.without(tag: 0x8000), .pasidTooWide),
    ])
  func aNumberThatTheSMMUCannotLookUpIsRefused(
    number: PASID, outcome: BindOutcome
  ) {
    let world = SMMUv3World()
    #expect(world.bind(world.makeUser(), number) == outcome)
  }

  @Test(arguments: [false, true], [0, 6, 7, 20] as [UInt64])
  func everyShapeOfTablesIsWalked(hasTwoLevels: Bool, substreamBits: UInt64) {
    for hasWideTags in [false, true] {
      let world = SMMUv3World {
        $0.smmu.hasTwoLevelStreams = hasTwoLevels
        $0.smmu.substreamBits = substreamBits
        $0.smmu.hasTwoLevelContexts = hasTwoLevels
        $0.smmu.hasWideTags = hasWideTags
      }
      let bits = world.right.capabilities(of: 0).pasidBits
      let last: PASID =
        bits == 0 ? .without(tag: 3) : PASID(UInt32(1) << UInt32(bits) - 1)
      let user = world.share(last)
      let frame = world.mapUser(user, userAddress)
      #expect(world.access(userAddress, last) == .reached(frame.address))
      #expect(
        world.bind(world.makeUser(), PASID(UInt32(1) << UInt32(bits)))
          == .pasidTooWide)
      #expect(world.unbind(user, last) == .left)
      #expect(world.access(userAddress, last) == .blocked)
    }
  }

  @Test func aPASIDIsUsedAgainCold() {
    let world = SMMUv3World()
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

  // MARK: Two roots

  @Test func bothHalvesAreWalkedFromTheirRoots() {
    let world = SMMUv3World()
    let user = world.share(PASID(1))
    let frame = world.mapUser(user, userAddress)
    let range = world.map(aarch64KernelAddress)
    #expect(world.access(userAddress, PASID(1)) == .reached(frame.address))
    guard case .reached = world.access(range.start.rawValue, PASID(1)) else {
      Issue.record("the kernel half is not reached")
      return
    }
    // The same bits below the sign are another address.
    #expect(
      world.access(range.start.rawValue & 0xffff_ffff_ffff, PASID(1))
        != world.access(range.start.rawValue, PASID(1)))
  }

  /// CD.EPD1: the kernel half is out of reach, and kernel batches send nothing.
  @Test func aKernelHalfThatNoDeviceWalksCostsNoCommand() {
    let world = SMMUv3World(walksKernelHalf: false)
    let user = world.share(PASID(1))
    let frame = world.mapUser(user, userAddress)
    let range = world.map(aarch64KernelAddress)
    #expect(world.access(userAddress, PASID(1)) == .reached(frame.address))
    #expect(
      world.access(range.start.rawValue, PASID(1)) == .notPresent(level: 4))
    let before = world.machine.statistics.descriptors
    _ = world.kernel.unmap(range)
    world.settle()
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    #expect(TableAccounts(of: world.platform).released > 0)
    #expect(world.machine.statistics.descriptors == before)
    #expect(
      world.scheme.bind(world.kernel.root, to: world.device, as: PASID(2))
        == .kernelHalfNotWalked)
  }

  @Test func aKernelsOwnSpaceIsWalkedAlone() {
    let world = SMMUv3World()
    let number = PASID(3)
    world.machine.startWork(world.device, as: number)
    #expect(
      world.scheme.bind(world.kernel.root, to: world.device, as: number)
        == .bound)
    let range = world.map(aarch64KernelAddress)
    guard case .reached = world.access(range.start.rawValue, number) else {
      Issue.record("the kernel half is not reached")
      return
    }
    #expect(world.access(userAddress, number) == .notPresent(level: 4))
    #expect(
      world.scheme.unbind(world.kernel.root, from: world.device, as: number)
        == .left)
  }

  @Test func aKernelHalfDoesNotEndBesideAUserHalf() {
    let world = SMMUv3World()
    let user = world.makeUser()
    #expect(world.kernel.end()?.kind == .shared)
    #expect(user.end() == nil)
    #expect(world.kernel.end() == nil)
  }

  // MARK: Accessed and dirty

  @Test(arguments: [0, 2, 3] as [UInt64])
  func theSMMURecordsUseWhereItCan(updates: UInt64) throws {
    let world = SMMUv3World { $0.smmu.updates = updates }
    let records = updates > 1
    #expect(world.right.capabilities(of: 0).setsAccessedAndDirty == records)
    let user = world.share(PASID(1))
    let frame = world.mapUser(user, userAddress)
    let marked = world.mapUser(
      user, userAddress + 0x1000,
      attributes: [.userData, .accessed, .dirty].reduce(.none, |))
    #expect(
      world.access(userAddress, PASID(1), isWrite: true)
        == (records ? .reached(frame.address) : .refused(level: 1)))
    #expect(
      world.access(userAddress + 0x1000, PASID(1), isWrite: true)
        == .reached(marked.address))
    let found = try #require(user.translate(VirtualAddress(userAddress)))
    #expect(found.attributes.contains(.dirty) == records)
  }

  /// With FEAT_HAFT a walk writes into a table descriptor that is not accessed,
  /// and so into what a freed table has become.
  ///
  /// The library's own are accessed from the start.
  @Test func tableDescriptorsOfTheLibraryAreNotWritten() {
    let world = SMMUv3World {
      $0.smmu.updates = 3
      $0.smmu.marksTables = true
    }
    let user = world.share(PASID(1))
    world.mapUser(user, userAddress)
    let slot = AArch64FourKiB.slot(
      for: VirtualAddress(userAddress), in: user.root, level: 4)
    let before = world.platform.load(slot)
    world.access(userAddress, PASID(1))
    #expect(world.platform.load(slot) == before)
    let accessed: UInt64 = 1 << 10
    world.platform.store(before & ~accessed, to: slot)
    world.right.submit(InvalidationRequest(pasid: nil, range: nil), to: 0)
    #expect(world.right.wait(for: world.right.fence(0), on: 0))
    world.access(userAddress, PASID(1))
    #expect(world.platform.load(slot) == before)
    #expect(before & accessed != 0)
  }

  // MARK: Invalidations

  @Test func tablesAreReleasedWhenTheSMMUHasDroppedThem() {
    let world = SMMUv3World()
    for pasid: UInt32 in 1...3 { world.share(PASID(pasid)) }
    let range = world.map(aarch64KernelAddress, pages: 2)
    for pasid: UInt32 in 1...3 {
      #expect(world.access(aarch64KernelAddress, PASID(pasid)) != .blocked)
    }
    _ = world.kernel.unmap(range)
    #expect(TableAccounts(of: world.platform).quarantined > 0)
    world.settle()
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    for pasid: UInt32 in 1...3 {
      for page: UInt64 in 0..<2 {
        world.access(aarch64KernelAddress + page << 12, PASID(pasid))
      }
    }
    let counted = world.machine.statistics
    #expect(counted.staleReads == 0 && counted.staleAccesses == 0)
  }

  @Test func leavesOfAUserHalfGoByAddressAndASID() {
    let world = SMMUv3World()
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
    let world = SMMUv3World()
    world.share(PASID(1))
    world.machine.planFailure(kind, of: 0)
    _ = world.kernel.unmap(world.map(aarch64KernelAddress))
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
    let world = SMMUv3World { $0.frames = 320 }
    let user = world.makeUser()
    for pasid: UInt32 in [5, 0x100, 0x7000] {
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

  /// The queue's registers begin again after twice as many commands as it has
  /// room for.
  @Test func aThousandSpacesComeAndGo() {
    let world = SMMUv3World { $0.frames = 8_192 }
    let users = (1...1_000).map { world.share(PASID($0)) }
    _ = world.kernel.unmap(world.map(aarch64KernelAddress))
    world.settle()
    #expect(TableAccounts(of: world.platform).quarantined == 0)
    for (index, user) in users.enumerated().reversed() {
      #expect(world.unbind(user, PASID(UInt32(index) + 1)) == .left)
    }
    #expect(world.scheme.sharing.isUnused())
  }
}
