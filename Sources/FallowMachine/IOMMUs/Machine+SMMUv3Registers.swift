// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The registers of an SMMUv3.
extension Machine {
  /// What a register reads as.
  func readSMMUv3Register(_ register: IOMMURegister) -> UInt64 {
    let iommu = iommus[register.iommu]
    guard let name = SMMUv3Register(rawValue: register.offset) else {
      return 0
    }
    return switch name {
    case .identification0: identification0
    case .identification1: identification1
    case .identification5:
      SMMUv3Register.Identification.addressSize(5)
        | SMMUv3Register.Identification.pages4KiB(1)
    case .control, .acknowledged: iommu.smmu.control
    case .accesses: iommu.smmu.accesses
    case .broadcasts: iommu.smmu.broadcasts
    case .bypass: iommu.smmu.bypass
    case .errors: iommu.smmu.seenErrors ^ iommu.faultStatus
    case .seenErrors: iommu.smmu.seenErrors
    case .streamTable: iommu.smmu.streamTable
    case .streamTableShape: iommu.smmu.streamTableShape
    case .queueBase: iommu.smmu.queueBase
    case .queueProducer: iommu.smmu.queueProducer
    case .queueConsumer: queueConsumer(iommu)
    }
  }

  private var identification0: UInt64 {
    typealias Field = SMMUv3Register.Identification
    let can = configuration.smmu
    return Field.stage1(1) | Field.formats(2) | Field.coherent(1)
      | Field.updates(can.updates) | Field.wideTags(can.hasWideTags ? 1 : 0)
      | Field.twoLevelContexts(can.hasTwoLevelContexts ? 1 : 0)
      | Field.twoLevelStreams(can.hasTwoLevelStreams ? 1 : 0)
  }

  private var identification1: UInt64 {
    typealias Field = SMMUv3Register.Identification
    return Field.streamBits(configuration.smmu.streamBits)
      | Field.substreamBits(configuration.smmu.substreamBits)
      | Field.queueSize(8)
  }

  /// The head, with a bit that says whether it has begun the queue again as
  /// often as the tail.
  private func queueConsumer(_ iommu: SimulatedIOMMU) -> UInt64 {
    let places = FrameNumber.size / SMMUv3Command.size
    let head = iommu.queueHead / SMMUv3Command.size
    let tail = iommu.smmu.queueProducer
    let turn = head > tail & (places - 1) ? tail ^ places : tail
    return head | turn & places
      | SMMUv3Register.Reason.field(
        iommu.faultStatus == 0 ? 0 : iommu.smmu.reason)
  }

  /// What follows from a write to a register.
  func writeSMMUv3Register(_ value: UInt64, _ register: IOMMURegister) {
    let number = register.iommu
    switch SMMUv3Register(rawValue: register.offset) {
    case .control:
      let before = iommus[number].smmu.hasQueue
      iommus[number].smmu.control = value
      let isOn = iommus[number].smmu.hasQueue
      if before != isOn { restartQueue(number, isOn: isOn) }
    case .accesses: iommus[number].smmu.accesses = value
    case .broadcasts: iommus[number].smmu.broadcasts = value
    case .bypass:
      iommus[number].smmu.bypass =
        value & ~SMMUv3Register.Bypass.update.mask
    case .seenErrors:
      let errors = iommus[number].smmu.seenErrors ^ iommus[number].faultStatus
      iommus[number].smmu.seenErrors = value
      iommus[number].faultStatus = errors ^ value
      workOn(number)
    case .streamTable: iommus[number].smmu.streamTable = value
    case .streamTableShape: iommus[number].smmu.streamTableShape = value
    case .queueBase:
      if iommus[number].smmu.hasQueue {
        statistics.lostWrites += 1
      } else {
        iommus[number].smmu.queueBase = value
      }
    case .queueProducer:
      iommus[number].smmu.queueProducer = value
      iommus[number].queueTail =
        value * SMMUv3Command.size & (FrameNumber.size - 1)
      announceCommands(of: number)
      workOn(number)
    case .identification0, .identification1, .identification5, .acknowledged,
      .errors, .queueConsumer, nil:
      break
    }
  }
}
