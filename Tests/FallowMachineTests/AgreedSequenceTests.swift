// SPDX-License-Identifier: Apache-2.0

import AgreedSequence
import Fallow
import FallowMachine
import Testing

/// The steps that the image for x86-64 runs on QEMU.
@Suite struct AgreedSequenceTests {
  /// The simulated machine as the sequence's stage; data lives beside it.
  struct MachineStage: SequenceStage {
    let machine: Machine
    let space: KernelSpace<WalkableByUser, Reclaimer<VTd<MachinePlatform>>>
    var data: [PhysicalAddress: UInt64] = [:]

    private func access(
      _ address: VirtualAddress, isWrite: Bool
    ) -> PhysicalAddress? {
      let result = machine.deviceAccess(
        machine.device(0), pasid: .without(tag: 0), address, isWrite: isWrite)
      if case .reached(let address) = result { return address }
      return nil
    }

    mutating func deviceLoad(_ address: VirtualAddress) -> UInt64? {
      access(address, isWrite: false).map { look(at: $0) }
    }

    mutating func deviceStore(
      _ value: UInt64, to address: VirtualAddress
    ) -> Bool {
      guard let target = access(address, isWrite: true) else { return false }
      data[target] = value
      return true
    }

    func look(at address: PhysicalAddress) -> UInt64 { data[address] ?? 0 }

    mutating func own(_ address: PhysicalAddress, value: UInt64) {
      data[address] = value
    }
  }

  private func firstDifference(
    _ configuration: Machine.Configuration
  ) throws -> Int? {
    let machine = Machine(configuration)
    let scheme = Reclaimer(sharing: Sharing(driver: machine.driver))
    let space = try #require(
      KernelTree<WalkableByUser, Reclaimer<VTd<MachinePlatform>>>.make(
        scheme: scheme))
    let process = try #require(UserTree.make(copying: space))
    let device = machine.device(0)
    try #require(
      scheme.bind(process.root, to: device, as: .without(tag: 0)) == .bound)
    machine.startWork(device, as: .without(tag: 0))
    let block = machine.platform.allocate(order: 9)
    var sequence = SequenceRun(
      on: MachineStage(machine: machine, space: KernelSpace(tables: space)),
      window: WalkableByUser.kernelHalf.start + 8 << 30, block: block)
    return sequence.firstDifference()
  }

  @Test func `QEMU's profile takes every step as QEMU does`() throws {
    #expect(try firstDifference(.qemu) == nil)
  }

  /// Step 6 is the store through an entry that a load cached.
  @Test func `The specification's machine sets the dirty bit`() throws {
    #expect(try firstDifference(Machine.Configuration()) == 6)
  }
}
