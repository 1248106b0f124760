// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// How walkers go through tables.
@Suite struct WalkTests {
  @Test func aKernelAddressIsWalkedToItsLeafAndRefusedThere() {
    let world = World()
    world.share()
    world.map(kernelAddress)
    #expect(world.access(kernelAddress) == .refused(level: 1))
    #expect(world.statistics.refusals == 1)
  }

  @Test func pointersUsedOnTheWayToARefusalAreCached() {
    let world = World()
    let user = world.share()
    world.map(kernelAddress)
    world.access(kernelAddress)
    _ = world.platform.exchange(
      0, at: world.slot(kernelAddress, level: 2, root: user.root))
    #expect(world.access(kernelAddress) == .refused(level: 1))
  }

  @Test func aRefusedLeafIsNotCached() {
    let world = World()
    world.share()
    world.map(kernelAddress)
    world.access(kernelAddress)
    #expect(!world.isCached(kernelAddress))
  }

  @Test func supervisorRequestsReachTheKernelHalf() {
    let world = World { $0.supervisorRequests = true }
    world.share()
    let frames = world.machine.allocateData(frames: 1)
    let outcome = world.kernel.map(
      pageRange(kernelAddress, 1), to: frames.address,
      attributes: .kernelData)
    #expect(outcome == nil)
    #expect(
      world.access(kernelAddress + 0x123)
        == .reached(frames.address + 0x123))
  }

  @Test func aWriteNeedsEveryLevelToAllowIt() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    world.mapUser(user, userAddress + 0x1000, attributes: .user)
    #expect(
      world.access(userAddress + 0x1000, isWrite: true) == .refused(level: 1))
    let slot = world.slot(userAddress, level: 2, root: user.root)
    world.platform.store(world.platform.load(slot) & ~2, to: slot)
    world.invalidate(nil)
    #expect(world.access(userAddress, isWrite: true) == .refused(level: 1))
    #expect(world.access(userAddress) != .refused(level: 1))
  }

  @Test func aRequestOfUserPrivilegeNeedsEveryLevelToAllowIt() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    let slot = world.slot(userAddress, level: 3, root: user.root)
    world.platform.store(world.platform.load(slot) & ~4, to: slot)
    #expect(world.access(userAddress) == .refused(level: 1))
    // The rights that a cached pointer carries count as well.
    #expect(world.access(userAddress) == .refused(level: 1))
  }

  @Test func accessedAndDirtyAreWritten() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    let slots = (1...4).map {
      world.slot(userAddress, level: $0, root: user.root)
    }
    for slot in slots {
      world.platform.store(
        world.platform.load(slot) & ~(accessedBit | dirtyBit), to: slot)
    }
    world.access(userAddress)
    for slot in slots {
      #expect(world.platform.load(slot) & accessedBit != 0)
      #expect(world.platform.load(slot) & dirtyBit == 0)
    }
    // The leaf is cached as clean: a write has to look it up again.
    #expect(world.statistics.walks == 1)
    world.access(userAddress, isWrite: true)
    #expect(world.statistics.walks == 2)
    #expect(world.platform.load(slots[0]) & dirtyBit != 0)
    #expect(world.platform.load(slots[1]) & dirtyBit == 0)
    world.access(userAddress, isWrite: true)
    #expect(world.statistics.walks == 2)
  }

  @Test func aRefusalMarksThePointersButNotTheLeaf() {
    let world = World()
    let user = world.share()
    world.map(kernelAddress, attributes: .none)
    let slots = (1...4).map {
      world.slot(kernelAddress, level: $0, root: user.root)
    }
    for slot in slots {
      world.platform.store(world.platform.load(slot) & ~accessedBit, to: slot)
    }
    #expect(world.access(kernelAddress) == .refused(level: 1))
    #expect(world.platform.load(slots[0]) & accessedBit == 0)
    for slot in slots[1...] {
      #expect(world.platform.load(slot) & accessedBit != 0)
    }
  }

  @Test func bitsThatAreSetAreNotWritten() {
    // A table that is no longer one shows every write.
    let world = World { $0.supervisorRequests = true }
    world.share()
    let range = world.map(kernelAddress)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    world.access(kernelAddress)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: world.platform)
    _ = world.kernel.unmap(range, into: &unlinked)
    world.platform.free(table, order: 0)
    world.abandon(unlinked)
    // As if nobody had thought of the tables.
    world.invalidate(range, leavesOnly: true)
    let word = X86FourLevel.slot(
      for: range.start, in: table, level: 1)
    world.platform.store(0x7 | accessedBit, to: word)
    world.access(kernelAddress)
    #expect(world.statistics.staleReads == 1)
    #expect(world.statistics.staleWrites == 0)
    world.access(kernelAddress, isWrite: true)
    #expect(world.statistics.staleWrites == 1)
    #expect(world.platform.load(word) == 0x7 | accessedBit | dirtyBit)
  }

  @Test func bit7OfTheRootIsReserved() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    let slot = world.slot(userAddress, level: 4, root: user.root)
    world.platform.store(world.platform.load(slot) | 1 << 7, to: slot)
    #expect(world.access(userAddress) == .refused(level: 4))
  }

  @Test func pointersOutOfMemoryLeadNowhere() {
    let world = World()
    let user = world.share()
    world.mapUser(user, userAddress)
    world.platform.store(
      0x000f_ffff_ffff_f027,
      to: world.slot(userAddress, level: 2, root: user.root))
    #expect(world.access(userAddress) == .notPresent(level: 1))
    #expect(world.statistics.staleReads == 1)
    #expect(world.machine.firstStaleWalk?.ownerNow == .nowhere)
  }
}
