// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow
@testable import FallowMachine

/// Spaces are made, bound, used, unbound and ended, a thousand times under one
/// PASID: nothing is lost, and no device finds what it should not.
@Suite struct SpaceLifeTests {
  private static let rounds = 1_000

  private func live<Driver, Format>(
    in world: MachineWorld<Driver, Format>, as number: PASID
  ) throws where Format.Walked == Driver.Format {
    let (machine, scheme) = (world.machine, world.scheme)
    let kernel = KernelSpace<Format, Reclaimer<Driver>>(tables: world.kernel)
    let page = pageRange(userAddress, 1)
    let data = machine.allocateData(frames: 1)
    var free = 0
    var before = TableAccounts(of: world.platform)
    for round in 0...Self.rounds {
      if round == 1 {
        // The first bind made the device's own tables.
        waitForOwners(machine)
        free = machine.allocator.freeFrames
        before = TableAccounts(of: world.platform)
      }
      try liveOnce(in: world, kernel, at: page, data.address, as: number)
    }
    waitForOwners(machine)
    let after = TableAccounts(of: world.platform)
    let made = after.total - before.total
    // A root, and a table of each level below it.
    #expect(made == UInt64(Self.rounds * Format.levels))
    #expect(after.released - before.released == made)
    #expect(after.linked == before.linked)
    #expect(after.quarantined == 0 && after.parked == 0)
    #expect(machine.allocator.freeFrames == free)
    #expect(scheme.sharing.isUnused())
    #expect(world.statistics.staleReads == 0)
    #expect(world.statistics.staleWrites == 0)
    #expect(world.statistics.staleAccesses == 0)
  }

  /// One process's life.
  private func liveOnce<Driver, Format>(
    in world: MachineWorld<Driver, Format>,
    _ kernel: KernelSpace<Format, Reclaimer<Driver>>, at page: VirtualRange,
    _ address: PhysicalAddress, as number: PASID
  ) throws where Format.Walked == Driver.Format {
    let (machine, scheme, device) = (world.machine, world.scheme, world.device)
    var process: UserSpace<Format, Reclaimer<Driver>>? =
      try UserSpace(sharing: kernel)
    guard let space = process?.handle else { return }
    try space.map(page, to: address, attributes: .userData)
    var binding: DeviceBinding<Driver>? =
      try scheme.bind(device, toSpaceFrom: space.root, as: number)
    machine.startWork(device, as: number)
    #expect(world.access(userAddress, as: number) == .reached(address))
    let mapped = refusal(ofTheEndOf: &process)
    #expect(mapped == EndError(.mapped, at: page.start))
    var stale = try space.unmap(page)
    try stale.invalidate(by: scheme)
    #expect(world.access(userAddress, as: number) != .reached(address))
    let bound = refusal(ofTheEndOf: &process)
    #expect(bound == EndError(.bound))
    machine.stopWork(device, as: number)
    try scheme.unbind(&binding)
    #expect(world.access(userAddress, as: number) == .blocked)
    try UserSpace.end(&process)
  }

  private func refusal<Format, Scheme>(
    ofTheEndOf process: inout UserSpace<Format, Scheme>?
  ) -> EndError? {
    do throws(EndError) {
      try UserSpace.end(&process)
    } catch {
      return error
    }
    return nil
  }

  /// Until the next owners of the frames have given them back.
  private func waitForOwners(_ machine: Machine) {
    machine.run(until: machine.now + 60_000_000)
  }

  @Test(arguments: [PASID(7), .without(tag: 7)])
  func aThousandSpacesOnVTd(number: PASID) throws {
    try live(in: World { $0.frames = 8_192 }, as: number)
  }

  @Test(arguments: [PASID(7), .without(tag: 7)])
  func aThousandSpacesOnRISCV(number: PASID) throws {
    try live(in: RISCVWorld { $0.frames = 8_192 }, as: number)
  }
}
