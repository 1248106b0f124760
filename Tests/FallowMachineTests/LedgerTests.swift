// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What the ledger says of frames.
@Suite struct LedgerTests {
  private let world = World()

  private func record(_ frame: FrameNumber) throws -> TableRecord {
    try #require(world.machine.ledger[frame].lastTable)
  }

  @Test func aTableIsRecordedFromConstructionToRelease() throws {
    let machine = world.machine
    machine.start(at: 1_000)
    machine.actor = MachineActor(cpu: 1, task: 7)
    let range = world.map(kernelAddress + 0x40_0000)
    let table = world.table(
      kernelAddress + 0x40_0000, level: 1, root: world.kernel.root)
    let made = MachineMoment(time: 1_000, actor: machine.actor)
    var expected = try record(table)
    #expect(expected.frame == table)
    #expect(expected.order == 0)
    #expect(expected.level == 1)
    #expect(expected.isKernel)
    #expect(expected.generation == 0)
    #expect(expected.window == VirtualAddress(kernelAddress + 0x40_0000))
    #expect(expected.constructed == made)
    #expect(expected.linked == made)
    #expect(expected.unlinked == nil)
    #expect(machine.ledger[table].owner == .table(expected))

    machine.start(at: 2_000)
    machine.actor = MachineActor(cpu: 0, task: 8)
    // Nobody shares, but a reader is under way.
    world.platform.enterReadSection()
    _ = world.kernel.unmap(range)
    world.platform.leaveReadSection()
    let retired = MachineMoment(time: 2_000, actor: machine.actor)
    expected.unlinked = retired
    expected.quarantined = retired
    #expect(machine.ledger[table].owner == .table(expected))
    #expect(machine.ledger[table].generation == 0)

    machine.run(until: 1_000_000)
    expected.released = MachineMoment(time: 12_000, actor: machine.actor)
    #expect(machine.ledger[table].lastTable == expected)
    #expect(expected.quarantine == 10_000)
    #expect(machine.ledger[table].generation == 1)
    guard case .nextOwner(let owner) = machine.ledger[table].owner else {
      Issue.record("the frame has no new owner")
      return
    }
    #expect(owner.since == 12_000)
  }

  @Test func theWindowIsThatOfTheLevel() throws {
    let address = kernelAddress + 0x1_2345_6000
    world.map(address)
    for level in 1...3 {
      let table = world.table(address, level: level, root: world.kernel.root)
      let span = X86FourLevel.span(of: level + 1)
      #expect(
        try record(table).window
          == VirtualAddress(address).alignedDown(to: span))
    }
    #expect(try record(world.kernel.root).window == VirtualAddress(0))
  }

  @Test func theNextOwnerKeepsAFrameForAWhile() {
    let machine = world.machine
    let table = world.platform.allocate(order: 0)
    world.platform.free(table, order: 0)
    machine.run(until: 49_999_999)
    guard case .nextOwner = machine.ledger[table].owner else {
      Issue.record("the frame has no new owner")
      return
    }
    #expect(world.platform.allocate(order: 0) != table)
    machine.run(until: 50_000_000)
    #expect(machine.ledger[table].owner == .free)
    #expect(world.platform.allocate(order: 0) == table)
  }

  @Test func generationsTellTheTablesOfAFrameApart() throws {
    let table = world.map(kernelAddress)
    let frame = world.table(kernelAddress, level: 1, root: world.kernel.root)
    _ = world.kernel.unmap(table)
    world.machine.run(until: 100_000_000)
    world.map(kernelAddress)
    let again = world.table(kernelAddress, level: 1, root: world.kernel.root)
    #expect(again == frame)
    #expect(try record(frame).generation == 1)
    #expect(try record(frame).released == nil)
    let lives = world.machine.ledger.tables.filter { $0.frame == frame }
    #expect(lives.map(\.generation) == [0, 1])
    #expect(lives.first?.released != nil)
  }

  @Test func aTableThatLostARaceWasNeverLinked() throws {
    let winner = kernelAddress
    var lost = FrameNumber.none
    world.machine.recordsEvents = true
    world.machine.preemptAtNextAllocation { [world] in
      world.machine.currentCPU = 1
      world.map(winner + 0x1000)
    }
    world.map(winner)
    #expect(world.machine.currentCPU == 0)
    for event in world.machine.events {
      if case .released(let frame) = event.kind { lost = frame }
    }
    let record = try record(lost)
    #expect(record.linked == nil)
    #expect(record.window == nil)
    #expect(record.quarantined == nil)
    #expect(record.quarantine == nil)
    #expect(record.constructed.actor.cpu == 0)
    #expect(TableAccounts(of: world.platform).released == 1)
  }

  @Test func blocksAreReleasedWhole() {
    let block = world.platform.allocate(order: 2)
    world.platform.free(block, order: 2)
    for offset: UInt64 in 0..<4 {
      let entry = world.machine.ledger[FrameNumber(block.rawValue + offset)]
      #expect(entry.generation == 1)
      guard case .nextOwner = entry.owner else {
        Issue.record("frame \(offset) of the block has no new owner")
        return
      }
    }
  }

  @Test func anotherSeedIsAnotherFill() {
    func fills(seed: UInt64) -> [UInt64] {
      let world = World { $0.seed = seed }
      return (0..<8).map { _ in
        let frame = world.platform.allocate(order: 0)
        world.platform.free(frame, order: 0)
        return world.platform.load(frame.address)
      }
    }
    #expect(fills(seed: 1) == fills(seed: 1))
    #expect(fills(seed: 1) != fills(seed: 2))
  }

  @Test func fillsAreAThirdEach() throws {
    let platform = world.platform
    var counts = [0, 0, 0]
    for _ in 0..<900 {
      let frame = platform.allocate(order: 0)
      platform.free(frame, order: 0)
      guard case .nextOwner(let owner) = world.machine.ledger[frame].owner
      else { continue }
      counts[Int(owner.fill.rawValue)] += 1
      let words = (0..<512).map {
        platform.load(frame.address + UInt64($0 * 8))
      }
      let forged = words.filter {
        X86FourLevel.isPresent($0)
          && X86FourLevel.address(in: $0, level: 1).rawValue >> 12 < 2_048
      }
      switch owner.fill {
      case .zeros: #expect(words.allSatisfy { $0 == 0 })
      case .forged: #expect(forged.count == 512)
      case .random:
        #expect(forged.isEmpty)
        #expect(Set(words).count == 512)
      }
    }
    for count in counts { #expect((250...350).contains(count)) }
  }
}
