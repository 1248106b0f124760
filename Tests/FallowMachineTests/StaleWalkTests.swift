// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What comes to light when the order is wrong, and does not when it is right.
@Suite struct StaleWalkTests {
  /// Maps two pages, lets a device walk to one, and unmaps both; then gives
  /// the table back at once, as no scheme may.
  private func releaseTooEarly(in world: World) -> FrameNumber {
    let machine = world.machine
    world.share(3)
    machine.start(at: 100)
    machine.actor = MachineActor(cpu: 0, task: 1)
    let range = world.map(kernelAddress, pages: 2)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    world.access(kernelAddress, pasid: 3)
    machine.start(at: 200)
    machine.actor = MachineActor(cpu: 1, task: 2)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: world.platform)
    _ = world.kernel.unmap(range, into: &unlinked)
    machine.start(at: 300)
    world.platform.free(table, order: 0)
    world.abandon(unlinked)
    return table
  }

  @Test func aTableThatIsReleasedAtOnceIsWalkedStale() throws {
    let world = World(emptyTables: .free)
    let table = releaseTooEarly(in: world)
    world.machine.start(at: 400)
    world.access(kernelAddress + 0x1000, isWrite: true, pasid: 3)
    #expect(world.statistics.staleReads == 1)
    let stale = try #require(world.machine.firstStaleWalk)
    #expect(stale.time == 400)
    #expect(stale.walker == .iommu(0))
    #expect(stale.pasid == PASID(3))
    #expect(stale.address == VirtualAddress(kernelAddress + 0x1000))
    #expect(stale.level == 1)
    #expect(stale.cache == .pagingStructure(level: 2))
    #expect(stale.frame == table)
    #expect(stale.quarantine == nil)
    guard case .table(let then) = stale.ownerThen,
      case .nextOwner(let now) = stale.ownerNow
    else {
      Issue.record("\(stale)")
      return
    }
    let mapper = MachineActor(cpu: 0, task: 1)
    let freer = MachineActor(cpu: 1, task: 2)
    #expect(then.frame == table)
    #expect(then.level == 1)
    #expect(then.window == VirtualAddress(kernelAddress))
    #expect(then.constructed == MachineMoment(time: 100, actor: mapper))
    #expect(then.linked == MachineMoment(time: 100, actor: mapper))
    #expect(then.unlinked == MachineMoment(time: 200, actor: freer))
    #expect(then.released == MachineMoment(time: 300, actor: freer))
    #expect(now.since == 300)
  }

  @Test(arguments: UInt64(1)...12)
  func aStaleWalkUsesWhatTheNextOwnerWrote(seed: UInt64) throws {
    let world = World { $0.seed = seed }
    let table = releaseTooEarly(in: world)
    let slot = X86FourLevel.slot(
      for: VirtualAddress(kernelAddress), in: table, level: 1)
    let before = world.platform.load(slot)
    let result = world.access(kernelAddress, isWrite: true, pasid: 3)
    let stale = try #require(world.machine.firstStaleWalk)
    #expect(stale.entry == before)
    guard case .nextOwner(let owner) = stale.ownerNow else { return }
    if owner.fill == .zeros { #expect(result == .notPresent(level: 1)) }
    if before & 1 == 0 { #expect(result == .notPresent(level: 1)) }
    // Refused at the leaf, for want of privilege in the tables above.
    if before & 1 != 0 { #expect(result == .refused(level: 1)) }
    #expect(world.platform.load(slot) == before)
  }

  @Test func aStaleWalkFollowsForgedPointersAndWritesThere() throws {
    let world = World { $0.supervisorRequests = true }
    world.share(3)
    let range = world.map(kernelAddress)
    let table = world.table(kernelAddress, level: 2, root: world.kernel.root)
    world.access(kernelAddress, pasid: 3)
    world.invalidate(range, leavesOnly: true, pasid: 3)
    _ = world.platform.exchange(
      0, at: world.slot(kernelAddress, level: 3, root: world.kernel.root))
    world.platform.free(table, order: 0)
    // The next owner points to a frame of theirs, without accessed bits.
    let forged = world.platform.allocate(order: 0)
    let there = VirtualAddress(kernelAddress + 0x20_0000)
    let pointer = X86FourLevel.slot(for: there, in: table, level: 2)
    let leaf = X86FourLevel.slot(for: there, in: forged, level: 1)
    world.platform.store(forged.address.rawValue | 3, to: pointer)
    world.platform.store(0x7777_0000 | 3, to: leaf)
    let result = world.access(there.rawValue + 5, isWrite: true, pasid: 3)
    #expect(result == .reached(PhysicalAddress(0x7777_0005)))
    #expect(world.statistics.staleReads == 1)
    #expect(world.statistics.staleWrites == 1)
    #expect(
      world.platform.load(pointer)
        == forged.address.rawValue | 3 | accessedBit)
    #expect(
      world.platform.load(leaf) == 0x7777_0000 | 3 | accessedBit | dirtyBit)
    let stale = try #require(world.machine.firstStaleWalk)
    #expect(stale.isWrite)
    #expect(stale.frame == table)
    #expect(stale.cache == .pagingStructure(level: 3))
  }

  @Test func aFrameThatIsATableAgainIsStillStale() throws {
    let world = World()
    let table = releaseTooEarly(in: world)
    world.machine.run(until: 100_000_000)
    // The very frame becomes a table somewhere else.
    world.map(kernelAddress + 1 << 39)
    let tables = (1...2).map {
      world.table(
        kernelAddress + 1 << 39, level: $0, root: world.kernel.root)
    }
    #expect(tables.contains(table))
    world.access(kernelAddress, pasid: 3)
    #expect(world.statistics.staleReads == 1)
    let stale = try #require(world.machine.firstStaleWalk)
    guard case .table(let then) = stale.ownerThen,
      case .table(let now) = stale.ownerNow
    else {
      Issue.record("\(stale)")
      return
    }
    #expect(then.generation == 0)
    #expect(then.window == VirtualAddress(kernelAddress))
    #expect(now.generation == 1)
    #expect(now.window != then.window)
  }

  @Test func aQuarantinedTableIsWalkedWithoutHarm() {
    let world = World()
    world.share()
    let range = world.map(kernelAddress, pages: 2)
    world.access(kernelAddress)
    #expect(world.statistics.walksThroughQuarantined == 0)
    _ = world.kernel.unmap(range)
    world.access(kernelAddress)
    #expect(world.statistics.walksThroughQuarantined == 1)
    world.machine.run(until: 1_000_000)
    world.access(kernelAddress)
    #expect(world.statistics.walksThroughQuarantined == 1)
    #expect(world.statistics.staleReads == 0)
  }

  @Test func aWalkThroughTwoQuarantinedTablesCountsOnce() {
    let world = World(emptyTables: .keep)
    world.share()
    _ = world.kernel.unmap(world.map(kernelAddress))
    // The pointer to the table of level 2 is cached, no pointer below it.
    #expect(world.access(kernelAddress + 1 << 21) == .notPresent(level: 2))
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: world.platform)
    let outcome = world.kernel.detach(
      at: VirtualAddress(kernelAddress), level: 3, into: &unlinked)
    #expect(outcome == nil)
    world.scheme.retire(unlinked)
    #expect(TableAccounts(of: world.platform).quarantined == 2)
    #expect(world.access(kernelAddress) == .notPresent(level: 1))
    #expect(world.statistics.walksThroughQuarantined == 1)
  }

  @Test func aTableThatIsFreedWhileItIsLinkedIsFoundFromMemory() throws {
    let world = World()
    world.share()
    world.map(kernelAddress)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    world.platform.free(table, order: 0)
    world.access(kernelAddress)
    let stale = try #require(world.machine.firstStaleWalk)
    #expect(stale.cache == .memory)
    guard case .table(let then) = stale.ownerThen else {
      Issue.record("\(stale)")
      return
    }
    #expect(then.frame == table)
    #expect(then.unlinked == nil)
  }
}

extension World {
  /// Retires tables that a test has freed behind the library's back.
  func abandon(
    _ tables: consuming UnlinkedTables<MachinePlatform, KernelHalf>
  ) {
    machine.onWorkerScheduled = { _ in }
    // A reader that never leaves: they wait for the worker.
    platform.enterReadSection()
    scheme.retire(tables)
  }
}
