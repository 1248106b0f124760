// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The faults that IOMMUs record, over memory in the place of their registers.
@Suite struct FaultRecordTests {
  typealias Kernel = MappedRegistersTests.Kernel

  /// Registers of 64 and of 32 bits by their offsets.
  struct Registers {
    let kernel: Kernel

    subscript(wide offset: Int) -> UInt64 {
      get {
        kernel.load(IOMMURegister(iommu: 0, offset: offset, isWide: true))
      }
      nonmutating set {
        kernel.store(
          newValue, to: IOMMURegister(iommu: 0, offset: offset, isWide: true))
      }
    }

    subscript(narrow offset: Int) -> UInt64 {
      get {
        kernel.load(IOMMURegister(iommu: 0, offset: offset, isWide: false))
      }
      nonmutating set {
        kernel.store(
          newValue, to: IOMMURegister(iommu: 0, offset: offset, isWide: false))
      }
    }
  }

  // MARK: VT-d

  /// Four records, the first at 0x200.
  private func withVTd(
    _ body: (VTd<Kernel>, Registers) throws -> Void
  ) throws {
    try MappedRegistersTests.run { kernel in
      let registers = Registers(kernel: kernel)
      registers[wide: 0x08] = 0x20 << 24 | 3 << 40
      try body(
        #require(VTd.make(on: kernel, trustsCoherence: true)), registers)
    }
  }

  @Test func vtdTakesTheRecordOfTheIndexFirst() throws {
    try withVTd { driver, registers in
      #expect(driver.takeFault(of: 0) == nil)
      // Overflowed, pending, index 3; records 3 and 0.
      registers[narrow: 0x34] = 3 << 8 | 3
      registers[wide: 0x230] = 0xffff_8000_1234_5fff
      registers[wide: 0x238] =
        1 << 63 | 1 << 62 | 0xabcde << 40 | 0x71 << 32 | 1 << 31 | 0x18
      registers[wide: 0x200] = 0x1000
      registers[wide: 0x208] = 1 << 63 | 0x81 << 32 | 0x20

      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 0x18), pasid: PASID(0xabcde),
            address: VirtualAddress(0xffff_8000_1234_5000), access: .read,
            cause: .pageFault, reason: 0x71))
      // The overflow and the record are cleared by ones.
      #expect(registers[narrow: 0x34] == 1)
      #expect(registers[narrow: 0x23c] == 1 << 31)

      registers[narrow: 0x34] = 3 << 8 | 2
      registers[narrow: 0x23c] = 0
      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 0x20), pasid: nil,
            address: VirtualAddress(0x1000), access: .write,
            cause: .userBitClear, reason: 0x81))
      registers[narrow: 0x20c] = 0
      #expect(driver.takeFault(of: 0) == nil)
    }
  }

  @Test func vtdRecordsFromItsStartOn() throws {
    try withVTd { driver, _ in
      #expect(driver.startFaultRecords(of: 0) == .noSuchIOMMU)
      #expect(driver.startFaultRecords(of: 32) == .noSuchIOMMU)
    }
  }

  @Test(
    arguments: [
      (0x39 as UInt64, IOMMUFault.Cause.unknownDevice),
      (0x45, .forbiddenRequest),
      (0x59, .unknownPASID), (0x70, .accessFault), (0x72, .reservedBit),
      (0x80, .notCanonical), (0x85, .notWritable), (0x20, .other),
    ])
  func vtdReasonsHaveTheirCauses(reason: UInt64, cause: IOMMUFault.Cause) {
    #expect(VTd<Kernel>.cause(of: reason) == cause)
  }

  // MARK: RISC-V

  typealias RISCV = RISCVIOMMU<Kernel, RISCVSv39>

  @Test func riscvTakesRecordsInOrderAndWraps() throws {
    try MappedRegistersTests.run { kernel in
      let registers = Registers(kernel: kernel)
      let driver = try #require(RISCV.make(on: kernel))
      let queue = kernel.allocate(order: 0)
      #expect(driver.takeFault(of: 0) == nil)  // the queue is off
      registers[wide: 0x28] = queue.rawValue << 10 | 6
      registers[narrow: 0x4c] = 1 << 16
      registers[narrow: 0x30] = 127
      registers[narrow: 0x34] = 127
      #expect(driver.takeFault(of: 0) == nil)
      kernel.store(
        13 | 0x5 << 12 | 1 << 32 | 2 << 34 | 0x18 << 40,
        to: queue.address + 127 * 32)
      kernel.store(0xffff_ffc0_0000_0008, to: queue.address + 127 * 32 + 16)
      kernel.store(258 | 3 << 34 | 0x20 << 40, to: queue.address)
      kernel.store(0x4000, to: queue.address + 16)
      registers[narrow: 0x34] = 1

      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 0x18), pasid: PASID(5),
            address: VirtualAddress(0xffff_ffc0_0000_0008), access: .read,
            cause: .pageFault, reason: 13))
      #expect(registers[narrow: 0x30] == 0)
      #expect(
        driver.takeFault(of: 0)
          == IOMMUFault(
            device: Device(iommu: 0, requester: 0x20), pasid: nil,
            address: VirtualAddress(0x4000), access: .write,
            cause: .unknownDevice, reason: 258))
      #expect(registers[narrow: 0x30] == 1)
      #expect(driver.takeFault(of: 0) == nil)
    }
  }

  /// A queue that was full goes on once it is empty: its error is cleared by
  /// writing it as one, and the queue stays enabled.
  @Test func riscvGoesOnAfterAnOverflow() throws {
    try MappedRegistersTests.run { kernel in
      let registers = Registers(kernel: kernel)
      let driver = try #require(RISCV.make(on: kernel))
      registers[narrow: 0x4c] = 1 << 16 | 1 << 9 | 1
      #expect(driver.takeFault(of: 0) == nil)
      #expect(registers[narrow: 0x4c] == 1 << 9 | 1)
    }
  }

  @Test(
    arguments: [
      (1 as UInt64, IOMMUFault.Access.execute), (2, .read), (3, .write),
      (5, .execute),
      (7, .write), (8, .other), (0, .other),
    ])
  func riscvTransactionTypesHaveTheirAccesses(
    kind: UInt64, access: IOMMUFault.Access
  ) {
    #expect(RISCV.fault(kind << 34, 0, of: 0).access == access)
  }

  @Test(
    arguments: [
      (12 as UInt64, IOMMUFault.Cause.pageFault), (15, .pageFault),
      (5, .accessFault),
      (256, .forbiddenRequest), (260, .forbiddenRequest), (266, .unknownPASID),
      (267, .reservedBit), (300, .other),
    ])
  func riscvReasonsHaveTheirCauses(reason: UInt64, cause: IOMMUFault.Cause) {
    #expect(RISCV.cause(of: reason) == cause)
  }

  // MARK: Text

  @Test func aFaultSaysWhereAndWhy() {
    let fault = IOMMUFault(
      device: Device(iommu: 0, requester: 8), pasid: PASID(1),
      address: VirtualAddress(0xffff_ffc0_0000_0000), access: .read,
      cause: .userBitClear, reason: 0x81)
    #expect(
      "\(fault)" == """
        IOMMU 0x0, device 0x8, PASID 0x1: read of 0xffffffc000000000 \
        refused, reason 0x81: an entry on the way lacks the user bit: \
        requests have user privilege
        """)
  }

  @Test func everyRecordIsPrintedAsALine() throws {
    try MappedRegistersTests.run { kernel in
      let registers = Registers(kernel: kernel)
      let driver = try #require(RISCV.make(on: kernel))
      let queue = kernel.allocate(order: 0)
      unsafe kernel.directMap.pointer(to: queue.address).initializeMemory(
        as: UInt8.self, repeating: 0, count: 4096)
      registers[wide: 0x28] = queue.rawValue << 10 | 6
      registers[narrow: 0x4c] = 1 << 16
      registers[narrow: 0x34] = 5
      var lines = 0
      let count = driver.writeFaults(of: 0) { lines += $0 == 10 ? 1 : 0 }
      #expect(count == 5)
      #expect(lines == 5)
    }
  }

  @Test func aBindingErrorSaysWhatToDo() {
    let device = Device(iommu: 0, requester: 8)
    #expect(
      "\(BindError(.unknownDevice, device, PASID(1)))"
        == "device 0x8 behind IOMMU 0x0, PASID 0x1: the IOMMU does not know "
        + "the device: add it first")
    #expect(
      "\(BindError(.notCoherent, device, .without(tag: 2)))"
        == "device 0x8 behind IOMMU 0x0, tag 0x2: the IOMMU's walks do not "
        + "snoop the CPUs' caches; if it only does not say that they do, make "
        + "the driver with trustsCoherence: true")
  }
}
