// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What IOMMUs cache, and what makes them forget.
@Suite struct IOMMUCacheTests {
  @Test func leavesAreCachedAfterOneWalk() {
    let world = World()
    world.mapUser(world.share(), userAddress)
    #expect(!world.isCached(userAddress))
    #expect(world.isCached(userAddress))
    #expect(world.isCached(userAddress + 0xfff))
    #expect(world.statistics.deviceRequests == 3)
    #expect(world.statistics.walks == 1)
    #expect(world.statistics.cacheHits == 2)
  }

  @Test func leavesAreTaggedByPASIDAndDomain() {
    let world = World()
    world.mapUser(world.share(1), userAddress)
    let other = world.mapUser(world.share(2), userAddress)
    world.access(userAddress, pasid: 1)
    #expect(!world.isCached(userAddress, pasid: 2))
    #expect(world.access(userAddress, pasid: 2) == .reached(other.address))
  }

  @Test func pointersAreTaggedByPASID() {
    let world = World()
    world.mapUser(world.share(1), userAddress)
    world.share(2)
    world.access(userAddress, pasid: 1)
    #expect(world.access(userAddress, pasid: 2) == .notPresent(level: 4))
  }

  @Test func eachIOMMUHasItsOwnCaches() {
    let world = World { $0.iommus = 2 }
    world.mapUser(world.share(iommus: 2), userAddress)
    world.access(userAddress, iommu: 0)
    #expect(!world.isCached(userAddress, iommu: 1))
    world.invalidate(nil, iommu: 1)
    #expect(world.isCached(userAddress, iommu: 0))
    #expect(!world.isCached(userAddress, iommu: 1))
  }

  /// Clears the entry of `level` behind the machine's back of caches: a walk
  /// still gets through only by a pointer that was cached.
  private func isReached(
    withoutEntryOf level: Int, after invalidation: (World) -> Void
  ) -> Bool {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress, pages: 2)
    world.access(userAddress)
    _ = world.platform.exchange(
      0, at: world.slot(userAddress, level: level, root: user.root))
    invalidation(world)
    return world.access(userAddress + FrameNumber.size)
      != .notPresent(level: level)
  }

  @Test(arguments: 2...4)
  func pointersAreCachedForEachLevel(level: Int) {
    #expect(isReached(withoutEntryOf: level) { _ in })
  }

  @Test(arguments: 2...4)
  func theHintKeepsPointers(level: Int) {
    #expect(
      isReached(withoutEntryOf: level) {
        $0.invalidate(pageRange(userAddress, 1), leavesOnly: true)
      })
  }

  @Test(arguments: 2...4)
  func withoutTheHintPointersOfTheRangeGo(level: Int) {
    #expect(
      !isReached(withoutEntryOf: level) {
        $0.invalidate(pageRange(userAddress, 1))
      })
  }

  @Test(arguments: 2...4)
  func pointersOutsideTheRangeStay(level: Int) {
    #expect(
      isReached(withoutEntryOf: level) {
        $0.invalidate(
          VirtualRange(start: VirtualAddress(1 << 40), size: 1 << 40))
      })
  }

  @Test(arguments: 2...4)
  func anInvalidationOfThePASIDDropsPointers(level: Int) {
    #expect(!isReached(withoutEntryOf: level) { $0.invalidate(nil) })
  }

  @Test func theHintStillDropsLeaves() {
    let world = World()
    world.mapUser(world.share(), userAddress)
    world.access(userAddress)
    world.invalidate(pageRange(userAddress, 1), leavesOnly: true)
    #expect(!world.isCached(userAddress))
  }

  @Test func leavesOutsideTheRangeStay() {
    let world = World()
    world.mapUser(world.share(), userAddress, pages: 3)
    for page in 0..<3 { world.access(userAddress + UInt64(page) << 12) }
    world.invalidate(pageRange(userAddress + 0x1000, 1))
    #expect(world.isCached(userAddress))
    #expect(!world.isCached(userAddress + 0x1000))
    #expect(world.isCached(userAddress + 0x2000))
  }

  @Test func leavesOfOtherPASIDsStay() {
    let world = World()
    world.mapUser(world.share(1), userAddress)
    world.mapUser(world.share(2), userAddress)
    world.access(userAddress, pasid: 1)
    world.access(userAddress, pasid: 2)
    world.invalidate(nil, pasid: 1)
    #expect(!world.isCached(userAddress, pasid: 1))
    #expect(world.isCached(userAddress, pasid: 2))
  }

  @Test func largeLeavesGoWithAnyPageOfTheirs() {
    let world = World()
    let user = world.share()
    world.mapUser(user, 1 << 30, pages: 512)
    world.access(1 << 30)
    #expect(world.isCached(1 << 30 + 0x1f_f000))
    world.invalidate(pageRange(1 << 30 + 0x12_3000, 1))
    #expect(!world.isCached(1 << 30))
  }

  @Test func theKernelHalfAsARangeSparesTheUserHalf() {
    let world = World { $0.supervisorRequests = true }
    world.mapUser(world.share(), userAddress)
    world.map(kernelAddress)
    world.access(userAddress)
    world.access(kernelAddress)
    #expect(world.isCached(kernelAddress))
    world.invalidate(X86FourLevel.kernelHalf)
    #expect(world.isCached(userAddress))
    #expect(!world.isCached(kernelAddress))
  }

  @Test func aFullCacheForgetsSomething() {
    let world = World { $0.iotlbEntries = 8 }
    world.mapUser(world.share(), userAddress, pages: 64)
    for page in 0..<64 { world.access(userAddress + UInt64(page) << 12) }
    let walks = world.statistics.walks
    for page in 0..<64 { world.access(userAddress + UInt64(page) << 12) }
    #expect(world.statistics.walks - walks >= 56)
  }
}
