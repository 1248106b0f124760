// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Fallow

/// Two real threads make, bind, use, unbind and end spaces under one PASID,
/// with the drivers that ship.
@Suite struct SpaceThreadTests {
  private static let rounds = 500
  private static let number = PASID(7)

  /// What one thread does, over and over; a space that another thread's device
  /// has the PASID for waits for its turn.
  private func live<Driver: IOMMUDriver, Format: PageTableFormat>(
    _ rounds: Int, with device: Device,
    in kernel: KernelSpace<Format, Reclaimer<Driver>>
  ) throws
  where Driver.P.Interruption == Never, Format.Walked == Driver.Format {
    for _ in 0..<rounds { try liveOnce(with: device, in: kernel) }
  }

  private func liveOnce<Driver: IOMMUDriver, Format: PageTableFormat>(
    with device: Device, in kernel: KernelSpace<Format, Reclaimer<Driver>>
  ) throws
  where Driver.P.Interruption == Never, Format.Walked == Driver.Format {
    let scheme = kernel.scheme
    let page = range(VirtualAddress(0x4000_0000), pageSize)
    var process: UserSpace<Format, Reclaimer<Driver>>? =
      try UserSpace(sharing: kernel)
    guard let space = process?.handle else { return }
    try space.map(page, to: PhysicalAddress(0), attributes: .userData)
    var binding: DeviceBinding<Driver>?
    while binding == nil {
      do throws(BindError) {
        let made = try scheme.bind(
          device, toSpaceFrom: space.root, as: Self.number)
        made.move(into: &binding)
      } catch {
        guard error.outcome == .pasidNotFree else { throw error }
        sched_yield()
      }
    }
    var stale = try space.unmap(page)
    try stale.invalidate(by: scheme)
    try scheme.unbind(&binding)
    try UserSpace.end(&process)
  }

  /// Two threads over spaces of `format` and a driver whose devices 8 and 9 are
  /// known.
  private func check<Driver: IOMMUDriver, Format: PageTableFormat>(
    _ format: Format.Type, _ driver: Driver, _ machine: HostedMachine
  ) throws
  where Driver.P == ScriptedKernel, Format.Walked == Driver.Format {
    let scheme = Reclaimer(sharing: Sharing(driver: driver))
    let kernel = try KernelSpace<Format, Reclaimer<Driver>>(scheme)
    let devices = [8, 9].map { Device(iommu: 0, requester: $0) }
    // The first binds make the devices' own tables.
    for device in devices { try live(1, with: device, in: kernel) }
    let free = machine.freeFrames
    let before = TableAccounts(of: machine.kernel)
    let group = DispatchGroup()
    for (cpu, device) in devices.enumerated() {
      group.enter()
      Thread.detachNewThread {
        HostedMachine.$cpu.withValue(cpu) {
          do {
            try live(Self.rounds, with: device, in: kernel)
          } catch {
            Issue.record("\(error)")
          }
        }
        group.leave()
      }
    }
    group.wait()
    let after = TableAccounts(of: machine.kernel)
    let made = after.total - before.total
    #expect(made == UInt64(2 * Self.rounds * Format.levels))
    #expect(after.released - before.released == made)
    #expect(after.linked == before.linked)
    #expect(after.quarantined == 0 && after.parked == 0)
    #expect(machine.freeFrames == free)
    #expect(machine.accountsMismatch() == nil)
    #expect(scheme.sharing.isUnused())
  }

  @Test func aThousandSpacesOnVTd() throws {
    try RegisterScript.run { script, kernel, machine in
      script.model = VTdModel(kernel)
      let driver = try #require(VTd.make(on: kernel))
      #expect(driver.start(0) == .started)
      for requester: UInt16 in [8, 9] {
        let device = Device(iommu: 0, requester: requester)
        #expect(driver.add(device) == .added)
      }
      try check(X86FourLevel.self, driver, machine)
    }
  }

  @Test func aThousandSpacesOnRISCV() throws {
    try RegisterScript.run { script, kernel, machine in
      script.model = RISCVModel(kernel)
      let driver = try #require(
        RISCVIOMMU<ScriptedKernel, RISCVSv39>.make(on: kernel))
      #expect(driver.start(0) == .started)
      for requester: UInt16 in [8, 9] {
        let device = Device(iommu: 0, requester: requester)
        #expect(driver.add(device) == .added)
      }
      try check(RISCVSv39.self, driver, machine)
    }
  }
}
