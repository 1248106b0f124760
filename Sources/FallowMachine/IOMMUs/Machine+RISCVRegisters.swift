// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The register blocks of RISC-V IOMMUs.
extension Machine {
  /// What a register reads as.
  func readRISCVRegister(_ register: IOMMURegister) -> UInt64 {
    let iommu = iommus[register.iommu]
    guard let name = RISCVIOMMURegister(rawValue: register.offset) else {
      return 0
    }
    return switch name {
    case .capabilities: riscvCapabilities
    case .features: 0
    case .directory:
      iommu.riscv.directory
        | RISCVIOMMURegister.Directory.busy(
          iommu.riscv.nextDirectory == nil ? 0 : 1)
    case .queueBase: iommu.riscv.queueBase
    case .queueHead: iommu.queueHead / RISCVIOMMUCommand.size
    case .queueTail: iommu.queueTail / RISCVIOMMUCommand.size
    case .queueControl: queueControl(iommu)
    }
  }

  private var riscvCapabilities: UInt64 {
    typealias Field = RISCVIOMMURegister.Capability
    let can = configuration.riscvIOMMU
    let format =
      Field.sv39.mask << UInt64(configuration.architecture.levels - 3)
    return Field.version(1) | format | Field.processIDs(can.processIDs)
      | Field.extendedContexts(can.hasExtendedContexts ? 1 : 0)
      | Field.updatesBits(can.updatesBits ? 1 : 0)
      | Field.deviceTLBs(can.hasATS ? 1 : 0)
  }

  private func queueControl(_ iommu: SimulatedIOMMU) -> UInt64 {
    typealias Field = RISCVIOMMURegister.Queue
    let isOn: UInt64 = iommu.riscv.hasQueue ? 1 : 0
    return Field.enable(isOn) | Field.isOn(isOn) | iommu.faultStatus
      | Field.busy(iommu.riscv.nextHasQueue == nil ? 0 : 1)
  }

  /// What follows from a write to a register.
  ///
  /// A write to `ddtp` or `cqcsr` while another is under way is lost, and so is
  /// one to `cqb` while the queue is on: "UNSPECIFIED" allows it.
  func writeRISCVRegister(_ value: UInt64, _ register: IOMMURegister) {
    let number = register.iommu
    let state = iommus[number].riscv
    switch RISCVIOMMURegister(rawValue: register.offset) {
    case .directory:
      guard state.nextDirectory == nil else { return noteLostWrite() }
      let mode = RISCVIOMMURegister.Directory.mode.read(value)
      // WARL: a mode that it lacks changes nothing.
      let isKnown = configuration.riscvIOMMU.modes.contains(mode)
      iommus[number].riscv.nextDirectory =
        isKnown
        ? value & ~RISCVIOMMURegister.Directory.busy.mask : state.directory
      settleLater(.directory, number)
    case .queueBase:
      guard !state.hasQueue, state.nextHasQueue == nil else {
        return noteLostWrite()
      }
      iommus[number].riscv.queueBase = value
    case .queueTail:
      iommus[number].queueTail = value * RISCVIOMMUCommand.size
      announceCommands(of: number)
      workOn(number)
    case .queueControl:
      guard state.nextHasQueue == nil else { return noteLostWrite() }
      iommus[number].faultStatus &= ~(value & RISCVIOMMURegister.Queue.errors)
      let isOn = RISCVIOMMURegister.Queue.enable.isSet(in: value)
      guard isOn != state.hasQueue else { return workOn(number) }
      iommus[number].riscv.nextHasQueue = isOn
      settleLater(.queueControl, number)
    case .capabilities, .features, .queueHead, nil: break
    }
  }

  private func noteLostWrite() { statistics.lostWrites += 1 }

  private func settleLater(_ register: RISCVIOMMURegister, _ number: Int) {
    let time = configuration.riscvIOMMU.busyTime
    if isStarting || time == 0 { return settle(register, number) }
    eventQueue.insert(
      .settlement(iommu: number, register), at: now + time)
  }

  /// A write to a register takes effect.
  func settle(_ register: RISCVIOMMURegister, _ number: Int) {
    if register == .directory, let next = iommus[number].riscv.nextDirectory {
      iommus[number].riscv.directory = next
      iommus[number].riscv.nextDirectory = nil
    }
    if register == .queueControl, let isOn = iommus[number].riscv.nextHasQueue {
      iommus[number].riscv.nextHasQueue = nil
      iommus[number].riscv.hasQueue = isOn
      restartQueue(number, isOn: isOn)
    }
  }
}
