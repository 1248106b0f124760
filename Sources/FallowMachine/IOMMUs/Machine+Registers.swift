// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The register blocks of the IOMMUs.
extension Machine {
  /// What a register reads as.
  func readRegister(_ register: IOMMURegister) -> UInt64 {
    switch configuration.architecture {
    case .x86: readVTdRegister(register)
    case .riscvSv39, .riscvSv48: readRISCVRegister(register)
    case .aarch64: readSMMUv3Register(register)
    }
  }

  /// What follows from a write to a register.
  func writeRegister(_ value: UInt64, _ register: IOMMURegister) {
    switch configuration.architecture {
    case .x86: writeVTdRegister(value, register)
    case .riscvSv39, .riscvSv48: writeRISCVRegister(value, register)
    case .aarch64: writeSMMUv3Register(value, register)
    }
  }

  private func readVTdRegister(_ register: IOMMURegister) -> UInt64 {
    let iommu = iommus[register.iommu]
    guard let name = VTdRegister(rawValue: register.offset) else { return 0 }
    return switch name {
    case .capability: capability
    case .extendedCapability: extendedCapability
    case .globalCommand: 0
    case .globalStatus: iommu.globalStatus
    case .rootTableAddress: iommu.rootTableAddress
    case .faultStatus: iommu.faultStatus
    case .queueHead: iommu.queueHead
    case .queueTail: iommu.queueTail
    case .queueAddress: iommu.queueAddress
    }
  }

  private func writeVTdRegister(_ value: UInt64, _ register: IOMMURegister) {
    let number = register.iommu
    switch VTdRegister(rawValue: register.offset) {
    case .globalCommand: command(value, number)
    case .rootTableAddress: iommus[number].rootTableAddress = value
    case .faultStatus:
      iommus[number].faultStatus &= ~(value & VTdRegister.Fault.all)
      workOn(number)
    case .queueTail:
      iommus[number].queueTail = value
      announceCommands(of: number)
      workOn(number)
    case .queueAddress: iommus[number].queueAddress = value
    case .capability, .extendedCapability, .globalStatus, .queueHead, nil: break
    }
  }

  private var capability: UInt64 {
    typealias Field = VTdRegister.Capability
    return Field.maxAddressMask(configuration.maxAddressMask)
      | Field.domains(6) | Field.pageSelective(1) | Field.drainsReads(1)
      | Field.drainsWrites(1) | Field.gigabyteLeaves(1)
      | Field.cachingMode(configuration.cachesAbsence ? 1 : 0)
  }

  private var extendedCapability: UInt64 {
    typealias Field = VTdRegister.ExtendedCapability
    let bits = UInt64(configuration.pasidBits)
    return Field.coherent(1) | Field.queue(1) | Field.scalable(1)
      | Field.firstStage(1) | Field.deviceTLBs(1)
      | Field.snoopedWalks(configuration.snoopsWalks ? 1 : 0)
      | (bits > 0 ? Field.pasids(1) | Field.pasidSize(bits - 1) : 0)
  }

  /// A command is done as soon as it is given.
  private func command(_ value: UInt64, _ number: Int) {
    let queue = VTdRegister.Global.queue.mask
    let before = iommus[number].globalStatus
    if VTdRegister.Global.rootTable.isSet(in: value) {
      iommus[number].rootTable = iommus[number].rootTableAddress
    }
    let taken = VTdRegister.Global.rootTable.mask & (before | value)
    iommus[number].globalStatus =
      value & (VTdRegister.Global.translation.mask | queue) | taken
    guard before & queue != value & queue else { return }
    restartQueue(number, isOn: value & queue != 0)
  }

  /// The queue is switched on, or off: what was under way is not any more.
  func restartQueue(_ number: Int, isOn: Bool) {
    iommus[number].session += 1
    iommus[number].isBusy = false
    iommus[number].reversed = nil
    iommus[number].abortedUpTo = nil
    iommus[number].queueHead = 0
    if isOn {
      iommus[number].announced = iommus[number].queueTail
      record(.restarted(iommu: number))
      workOn(number)
    }
  }
}
