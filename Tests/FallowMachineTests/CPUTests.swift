// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What CPUs cache, and what makes them forget.
@Suite struct CPUTests {
  private let world = World()
  private let first: User
  private let second: User

  init() {
    first = world.makeUser()
    second = world.makeUser()
    world.machine.switchAddressSpace(cpu: 0, root: first.root, pcid: 1)
    world.machine.switchAddressSpace(cpu: 1, root: first.root, pcid: 1)
  }

  private func access(
    _ address: UInt64, cpu: Int = 0, isWrite: Bool = false, isUser: Bool = false
  ) -> AccessResult {
    world.machine.cpuAccess(
      cpu, VirtualAddress(address), isWrite: isWrite, isUser: isUser)
  }

  private func isCached(_ address: UInt64, cpu: Int = 0) -> Bool {
    let walks = world.statistics.cpuWalks
    _ = access(address, cpu: cpu)
    return world.statistics.cpuWalks == walks
  }

  @Test func leavesAreTaggedByPCID() {
    world.mapUser(first, userAddress)
    let other = world.mapUser(second, userAddress)
    _ = access(userAddress)
    #expect(isCached(userAddress))
    world.machine.switchAddressSpace(cpu: 0, root: second.root, pcid: 2)
    #expect(!isCached(userAddress))
    #expect(access(userAddress) == .reached(other.address))
    world.machine.switchAddressSpace(cpu: 0, root: first.root, pcid: 1)
    #expect(isCached(userAddress))
  }

  @Test func globalLeavesSurviveASwitchAndAFlushOfAPCID() {
    world.map(kernelAddress)
    world.map(
      kernelAddress + 0x1000, attributes: .writable | .accessed | .dirty)
    _ = access(kernelAddress)
    _ = access(kernelAddress + 0x1000)
    world.machine.flushPCID(cpu: 0, pcid: 1)
    #expect(isCached(kernelAddress))
    #expect(!isCached(kernelAddress + 0x1000))
    world.machine.switchAddressSpace(cpu: 0, root: second.root, pcid: 2)
    #expect(isCached(kernelAddress))
    #expect(!isCached(kernelAddress + 0x1000))
  }

  @Test func aFlushOfARangeDropsGlobalLeavesOnEveryCPU() {
    world.map(kernelAddress, pages: 2)
    for cpu in 0..<2 {
      _ = access(kernelAddress, cpu: cpu)
      _ = access(kernelAddress + 0x1000, cpu: cpu)
    }
    world.platform.flush(pageRange(kernelAddress, 1), of: nil, .tables)
    for cpu in 0..<2 {
      #expect(!isCached(kernelAddress, cpu: cpu))
      #expect(isCached(kernelAddress + 0x1000, cpu: cpu))
    }
  }

  /// Whether a pointer of `level` for `address` is cached.
  private func hasPointer(_ address: UInt64, level: Int) -> Bool {
    let slot = world.slot(address, level: level, root: first.root)
    let entry = world.platform.exchange(0, at: slot)
    defer { world.platform.store(entry, to: slot) }
    return access(address) != .notPresent(level: level)
  }

  @Test(arguments: 2...4)
  func invalidatingOnePageDropsAllPointersOfTheCurrentPCID(level: Int) {
    world.mapUser(first, userAddress, pages: 4)
    _ = access(userAddress)
    #expect(hasPointer(userAddress + 0x1000, level: level))
    // Somewhere else altogether.
    world.machine.invalidatePages(cpu: 0, pageRange(kernelAddress, 1))
    #expect(isCached(userAddress))
    #expect(!hasPointer(userAddress + 0x2000, level: level))
  }

  @Test func invalidatingPagesSparesOtherPCIDs() {
    world.mapUser(first, userAddress, pages: 2)
    _ = access(userAddress)
    world.machine.switchAddressSpace(cpu: 0, root: second.root, pcid: 2)
    world.machine.invalidatePages(cpu: 0, pageRange(userAddress, 1))
    world.machine.switchAddressSpace(cpu: 0, root: first.root, pcid: 1)
    #expect(isCached(userAddress))
    #expect(hasPointer(userAddress + 0x1000, level: 2))
  }

  @Test func thePlatformsFlushReachesOtherPCIDs() {
    world.mapUser(first, userAddress, pages: 2)
    _ = access(userAddress)
    world.machine.switchAddressSpace(cpu: 0, root: second.root, pcid: 2)
    world.platform.flush(pageRange(userAddress, 1), of: nil, .tables)
    world.machine.switchAddressSpace(cpu: 0, root: first.root, pcid: 1)
    #expect(!hasPointer(userAddress + 0x1000, level: 2))
    #expect(!isCached(userAddress))
  }

  @Test func userModeIsRefusedTheKernelHalf() {
    world.map(kernelAddress)
    #expect(access(kernelAddress, isUser: true) == .refused(level: 1))
    // A leaf that the kernel cached does not change that.
    _ = access(kernelAddress)
    #expect(access(kernelAddress, isUser: true) == .refused(level: 1))
  }

  @Test func aFlushedCPUDoesNotWalkStale() {
    let range = world.map(kernelAddress)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    _ = access(kernelAddress)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: world.platform)
    _ = world.kernel.unmap(range, into: &unlinked)
    world.platform.free(table, order: 0)
    world.abandon(unlinked)
    // Flushed with its entry: nothing leads there.
    _ = access(kernelAddress)
    #expect(world.statistics.staleReads == 0)
    #expect(world.machine.firstStaleWalk == nil)
  }

  @Test func aCPUThatWasNotFlushedWalksStale() throws {
    world.map(kernelAddress, pages: 2)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    _ = access(kernelAddress)
    world.platform.free(table, order: 0)
    _ = access(kernelAddress + 0x1000)
    let stale = try #require(world.machine.firstStaleWalk)
    #expect(stale.walker == .cpu(0))
    #expect(stale.pasid == PASID(1))
    #expect(stale.cache == .pagingStructure(level: 2))
    #expect(stale.frame == table)
  }
}
