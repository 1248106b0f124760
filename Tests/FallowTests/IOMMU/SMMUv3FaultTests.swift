// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The events that an SMMUv3 records.
@Suite struct SMMUv3FaultTests {
  private typealias Driver = SMMUv3<ScriptedKernel>

  @Test func recordsAreTakenInOrderAndTheirPlacesGivenBack() throws {
    try RegisterScript.run { script, kernel, machine in
      let model = SMMUv3Model(kernel)
      script.model = model
      let driver = try #require(Driver.make(on: kernel))
      #expect(driver.startFaultRecords(of: 0) == .noSuchIOMMU)
      #expect(driver.start(0) == .started)
      #expect(driver.takeFault(of: 0) == nil)
      #expect(driver.startFaultRecords(of: 0) == .started)
      let free = machine.freeFrames
      #expect(driver.startFaultRecords(of: 0) == .started)
      #expect(machine.freeFrames == free)
      #expect(model.control == 0xd)
      #expect(driver.takeFault(of: 0) == nil)

      let base = PhysicalAddress(
        try #require(model.others[0xa0]) & 0xf_ffff_ffff_f000)
      // The last place of one turn, and the first of the next.
      model.others[0x100ac] = 127
      model.others[0x100a8] = 129
      kernel.store(0x10 | 1 << 11 | 5 << 12 | 8 << 32, to: base + 127 * 32)
      kernel.store(1 << 35, to: base + 127 * 32 + 8)
      kernel.store(0xffff_0000_0000_1008, to: base + 127 * 32 + 16)
      kernel.store(0x0a | 16 << 32, to: base)
      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 8), pasid: PASID(5),
            address: VirtualAddress(0xffff_0000_0000_1008), access: .read,
            cause: .pageFault, reason: 0x10))
      #expect(model.others[0x100ac] == 128)
      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 16), pasid: nil,
            address: VirtualAddress(0), access: .other,
            cause: .unknownPASID, reason: 0x0a))
      #expect(driver.takeFault(of: 0) == nil)

      // Overflowed: acknowledged once all records are taken.
      model.others[0x100a8] = 129 | 1 << 31
      #expect(driver.takeFault(of: 0) == nil)
      #expect(model.others[0x100ac] == 129 | 1 << 31)
    }
  }

  @Test(
    arguments: zip(
      [0, 1 << 35, 1 << 34] as [UInt64],
      [IOMMUFault.Access.write, .read, .execute]))
  func theAccessIsThatOfTheRequest(word: UInt64, access: IOMMUFault.Access) {
    #expect(Driver.fault(0x13, word, 0, of: 0).access == access)
    #expect(Driver.fault(0x02, word, 0, of: 0).access == .other)
  }

  @Test(
    arguments: zip(
      [0x10, 0x12, 0x13, 0x0b, 0x02, 0x06, 0x08, 0x0a, 0x20] as [UInt64],
      [
        IOMMUFault.Cause.pageFault, .pageFault, .pageFault, .accessFault,
        .unknownDevice, .forbiddenRequest, .unknownPASID, .unknownPASID,
        .other,
      ]))
  func theCauseIsNamed(reason: UInt64, cause: IOMMUFault.Cause) {
    #expect(Driver.cause(of: reason) == cause)
  }

  @Test func anEventQueueThatStaysOffIsReported() throws {
    try RegisterScript.run { script, kernel, machine in
      let model = SMMUv3Model(kernel)
      script.model = model
      let driver = try #require(Driver.make(on: kernel))
      #expect(driver.start(0) == .started)
      machine.allocationsLeft = 0
      #expect(driver.startFaultRecords(of: 0) == .outOfFrames)
      machine.allocationsLeft = .max
      model.busyReads = .max
      #expect(driver.startFaultRecords(of: 0) == .unanswered)
    }
  }
}
