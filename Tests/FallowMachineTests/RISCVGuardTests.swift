// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

@testable import Fallow

/// Each guard of the RISC-V driver is needed: with one left out, a device
/// reaches what is not its any more; with all, it does not.
@Suite struct RISCVGuardTests {
  private typealias Fault = FaultyRISCVDriver.Fault
  private typealias World = RISCVWorld<FaultyRISCVDriver>

  private func world(
    _ fault: Fault?,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) -> World {
    World(change) { FaultyRISCVDriver(right: $0, fault: fault) }
  }

  /// Unmaps what the device walked, and lets it ask again: for the page, and
  /// for its neighbour, which only a cached pointer leads to.
  private func staleUses(_ fault: Fault?) -> UInt64 {
    let world = world(fault)
    world.share(PASID(1))
    let range = world.map(riscvKernelAddress)
    world.access(riscvKernelAddress, PASID(1))
    _ = world.kernel.unmap(range)
    world.settle()
    for page: UInt64 in 0..<4 {
      world.access(riscvKernelAddress + page << 12, PASID(1))
    }
    let counted = world.machine.statistics
    return counted.staleReads + counted.staleAccesses
  }

  @Test func globalLeavesAreSparedWhereAPSCIDIsNamed() {
    func isReached(_ fault: Fault?) -> Bool {
      let world = world(fault)
      world.share(PASID(1))
      let range = world.map(riscvKernelAddress)
      let before = world.access(riscvKernelAddress, PASID(1))
      _ = world.kernel.unmap(range)
      world.settle()
      return world.access(riscvKernelAddress, PASID(1)) == before
    }
    #expect(isReached(.namesPSCID))
    #expect(!isReached(nil))
  }

  @Test func tablesAreSparedWhereAnAddressIsNamed() {
    #expect(staleUses(.namesAddress) > 0)
    #expect(staleUses(nil) == 0)
  }

  @Test func aTableIsWalkedStaleWhereNobodyWaits() {
    func staleUses(_ fault: Fault?) -> UInt64 {
      let world = world(fault) { $0.invalidationLatency = 1_000_000_000 }
      world.share(PASID(1))
      let range = world.map(riscvKernelAddress)
      world.access(riscvKernelAddress, PASID(1))
      _ = world.kernel.unmap(range)
      world.settle()
      world.access(riscvKernelAddress + 0x1000, PASID(1))
      return world.machine.statistics.staleReads
    }
    #expect(staleUses(.waitsForNothing) > 0)
    #expect(staleUses(nil) == 0)
  }

  /// After an unbind the PASID is another space's.
  private func reachesOldSpace(
    _ fault: Fault?,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) -> Bool {
    let world = world(fault, change)
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress)
    _ = world.mapUser(second, userAddress)
    _ = world.bind(first, PASID(1))
    world.access(userAddress, PASID(1))
    var reached = false
    // The device asks whenever the IOMMU has done a command.
    for step: UInt64 in 1..<40 {
      world.machine.schedule(at: world.machine.now + step * 500) {
        world.access(userAddress, PASID(1))
      }
    }
    _ = world.unbind(first, PASID(1))
    _ = world.bind(second, PASID(1))
    for _ in 0..<2 {
      if world.access(userAddress, PASID(1)) == .reached(old.address) {
        reached = true
      }
    }
    return reached
  }

  @Test func aContextThatIsNotDroppedLeadsToTheOldSpace() {
    #expect(reachesOldSpace(.keepsContext))
    #expect(!reachesOldSpace(nil))
  }

  @Test func withoutOrderTheOldSpaceIsCachedAgain() {
    #expect(reachesOldSpace(.keepsNoOrder) { $0.executesOutOfOrder = true })
    #expect(!reachesOldSpace(nil) { $0.executesOutOfOrder = true })
    #expect(!reachesOldSpace(.keepsNoOrder))
  }

  /// A write to a register that comes while another is under way is lost.
  @Test(arguments: [0, 1, 50_000] as [UInt64])
  func busyIsWaitedFor(time: UInt64) throws {
    var configuration = Machine.Configuration()
    configuration.architecture = .riscvSv39
    configuration.riscvIOMMU.busyTime = time
    let machine = Machine(configuration)
    let driver = try #require(RISCVDriver.make(on: machine.platform))
    #expect(driver.start(0) == .started)
    #expect(driver.add(machine.device(0)) == .added)
    driver.isolate(machine.device(0))
    #expect(driver.wait(for: driver.fence(0), on: 0))
    #expect(machine.statistics.lostWrites == 0)
  }

  @Test func aWriteWhileAnotherIsUnderWayIsLost() {
    var configuration = Machine.Configuration()
    configuration.architecture = .riscvSv39
    configuration.riscvIOMMU.busyTime = 1_000
    let machine = Machine(configuration)
    let register = RISCVIOMMURegister.directory.of(0)
    machine.platform.store(0, to: register)
    machine.platform.store(2, to: register)
    machine.run(until: 5_000)
    #expect(machine.statistics.lostWrites == 1)
    #expect(machine.platform.load(register) == 0)
  }

  @Test func anIOMMUThatStaysBareIsNotStarted() throws {
    var configuration = Machine.Configuration()
    configuration.architecture = .riscvSv39
    configuration.riscvIOMMU.modes = [0, 1]
    let machine = Machine(configuration)
    let driver = try #require(RISCVDriver.make(on: machine.platform))
    #expect(driver.start(0) == .lacks(.deviceDirectory))
    let device = machine.device(0)
    machine.startWork(device, as: .without(tag: 0))
    #expect(
      machine.deviceAccess(
        device, pasid: .without(tag: 0), VirtualAddress(0), isWrite: true)
        == .blocked)
  }
}
