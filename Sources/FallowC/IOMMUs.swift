// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with
// fallow-iommu.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

#if FALLOW_IOMMU_VTD || FALLOW_IOMMU_RISCV || FALLOW_IOMMU_SMMUV3

  import Fallow
  import FallowHeader

  @c @implementation
  func fallow_iommu_init(
    _ options: UnsafePointer<fallow_iommu_options>?
  ) -> fallow_iommu_outcome {
    requireStart()
    if unsafe madeDriver != nil { return FALLOW_IOMMU_ALREADY_STARTED }
    let options = unsafe options?.pointee ?? fallow_iommu_options()
    guard CDriver.takes(options) else { return FALLOW_IOMMU_INVALID_OPTION }
    guard let driver = CDriver.make(with: options) else {
      return FALLOW_IOMMU_OUT_OF_FRAMES
    }
    unsafe madeDriver = driver
    return FALLOW_IOMMU_DONE
  }

  @c @implementation
  func fallow_iommu_start(
    _ iommu: UInt32, _ feature: UnsafeMutablePointer<fallow_iommu_feature>?
  ) -> fallow_iommu_outcome {
    requireStart()
    switch CDriver.current.startIOMMU(Int(iommu)) {
    case .started:
      unsafe startedIOMMUs |= 1 << iommu
      return FALLOW_IOMMU_DONE
    case .noSuchIOMMU: return FALLOW_IOMMU_NO_SUCH_IOMMU
    case .alreadyStarted: return FALLOW_IOMMU_ALREADY_STARTED
    case .lacks(let lacking):
      if let feature = unsafe feature {
        unsafe feature.pointee = fallow_iommu_feature(
          UInt32(lacking.rawValue))
      }
      return FALLOW_IOMMU_LACKS_FEATURE
    case .outOfFrames: return FALLOW_IOMMU_OUT_OF_FRAMES
    case .unanswered: return FALLOW_IOMMU_UNANSWERED
    }
  }

  @c @implementation
  func fallow_iommu_add(
    _ device: UInt32, _ tlb: UnsafePointer<fallow_device_tlb>?
  ) -> fallow_iommu_outcome {
    requireStart()
    guard let device = Device(ofC: device) else {
      return FALLOW_IOMMU_NO_SUCH_IOMMU
    }
    var own: DeviceTLB?
    if let tlb = unsafe tlb?.pointee {
      guard tlb.queue_depth < 32, tlb.is_virtual_function <= 1 else {
        return FALLOW_IOMMU_INVALID_OPTION
      }
      own = DeviceTLB(
        queueDepth: tlb.queue_depth,
        physicalFunction: tlb.is_virtual_function != 0
          ? tlb.physical_function : nil)
    }
    return CDriver.current.addDevice(device, own).number
  }

  @c @implementation
  func fallow_iommu_expel(_ device: UInt32) -> fallow_outcome {
    requireStart()
    guard isStarted(device >> 16), let device = Device(ofC: device) else {
      return FALLOW_UNKNOWN_DEVICE
    }
    switch CScheme().reclaimer.makeLeave(device) {
    case .left: return FALLOW_DONE
    case .notBound: return FALLOW_UNKNOWN_DEVICE
    case .unanswered: return FALLOW_UNANSWERED
    }
  }

  // MARK: Requests that were refused

  @c @implementation
  func fallow_iommu_record_faults(_ iommu: UInt32) -> fallow_iommu_outcome {
    requireStart()
    switch CDriver.current.startFaultRecords(of: Int(iommu)) {
    case .started: return FALLOW_IOMMU_DONE
    case .noSuchIOMMU: return FALLOW_IOMMU_NO_SUCH_IOMMU
    case .outOfFrames: return FALLOW_IOMMU_OUT_OF_FRAMES
    case .unanswered: return FALLOW_IOMMU_UNANSWERED
    }
  }

  @c @implementation
  func fallow_iommu_take_fault(
    _ iommu: UInt32, _ fault: UnsafeMutablePointer<fallow_iommu_fault>?
  ) -> Bool {
    requireStart()
    let place = unsafe given(fault)
    guard isStarted(iommu),
      let found = CDriver.current.takeFault(of: Int(iommu))
    else { return false }
    unsafe place.pointee = fallow_iommu_fault(
      address: found.address.rawValue, device: found.device.ofC,
      pasid: found.pasid?.rawValue ?? 0, reason: found.reason,
      access: found.access.rawValue, has_pasid: found.pasid == nil ? 0 : 1,
      reserved: 0)
    return true
  }

  extension AddOutcome {
    fileprivate var number: fallow_iommu_outcome {
      switch self {
      case .added: FALLOW_IOMMU_DONE
      case .noSuchIOMMU: FALLOW_IOMMU_NO_SUCH_IOMMU
      case .outOfReach: FALLOW_IOMMU_OUT_OF_REACH
      case .alreadyKnown: FALLOW_IOMMU_ALREADY_KNOWN
      case .leaving: FALLOW_IOMMU_LEAVING
      case .noDeviceTLBs: FALLOW_IOMMU_NO_DEVICE_TLBS
      case .outOfFrames: FALLOW_IOMMU_OUT_OF_FRAMES
      }
    }
  }

#endif
