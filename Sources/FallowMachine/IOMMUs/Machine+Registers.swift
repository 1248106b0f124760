import Fallow

/// The register blocks of the IOMMUs.
extension Machine {
  /// What a register reads as.
  func readRegister(_ register: IOMMURegister) -> UInt64 {
    let iommu = iommus[register.iommu]
    guard let name = VTdRegister(rawValue: register.offset) else { return 0 }
    return switch name {
    case .capability:
      configuration.maxAddressMask
        << VTdRegister.Capability.maxAddressMaskShift
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

  /// What follows from a write to a register.
  func writeRegister(_ value: UInt64, _ register: IOMMURegister) {
    let number = register.iommu
    switch VTdRegister(rawValue: register.offset) {
    case .globalCommand: command(value, number)
    case .rootTableAddress: iommus[number].rootTableAddress = value
    case .faultStatus:
      iommus[number].faultStatus &= ~(value & VTdRegister.Fault.all)
      workOn(number)
    case .queueTail:
      iommus[number].queueTail = value
      announceDescriptors(of: number)
      workOn(number)
    case .queueAddress: iommus[number].queueAddress = value
    default: break
    }
  }

  private var extendedCapability: UInt64 {
    var value =
      VTdRegister.Capability.queue | VTdRegister.Capability.deviceTLB
      | VTdRegister.Capability.scalable | VTdRegister.Capability.firstStage
    if configuration.snoopsWalks {
      value |=
        VTdRegister.Capability.coherent | VTdRegister.Capability.snoopedWalks
    }
    return value
  }

  /// A command is done as soon as it is given.
  private func command(_ value: UInt64, _ number: Int) {
    let queue = VTdRegister.Global.queue
    let before = iommus[number].globalStatus
    if value & VTdRegister.Global.rootTable != 0 {
      iommus[number].rootTable = iommus[number].rootTableAddress
    }
    let taken = VTdRegister.Global.rootTable & (before | value)
    iommus[number].globalStatus =
      value & (VTdRegister.Global.translation | queue) | taken
    guard before & queue != value & queue else { return }
    iommus[number].session += 1
    iommus[number].isBusy = false
    iommus[number].abortedUpTo = nil
    iommus[number].queueHead = 0
    if value & queue != 0 {
      iommus[number].announced = iommus[number].queueTail
      record(.restarted(iommu: number))
      workOn(number)
    }
  }
}
