// SPDX-License-Identifier: Apache-2.0

#if FALLOW_IOMMU_VTD || FALLOW_IOMMU_RISCV || FALLOW_IOMMU_SMMUV3

  import Fallow
  import FallowHeader

  // The library's driver of the archive, which Scripts/c-library.sh chooses.

  #if FALLOW_IOMMU_VTD
    typealias CDriver = VTd<CPlatform>
  #elseif FALLOW_IOMMU_RISCV
    typealias CDriver = RISCVIOMMU<CPlatform, CBaseFormat>
  #else
    typealias CDriver = SMMUv3<CPlatform>
  #endif

  /// The driver; nil before `fallow_iommu_init`.
  nonisolated(unsafe) var madeDriver: CDriver?

  /// The IOMMUs that were started, a bit each.
  nonisolated(unsafe) var startedIOMMUs: UInt32 = 0

  /// Whether an IOMMU was started.
  func isStarted(_ iommu: UInt32) -> Bool {
    unsafe iommu < UInt32(FALLOW_IOMMUS) && startedIOMMUs >> iommu & 1 != 0
  }

  extension CDriver {
    /// The driver; a fault before it was made.
    @inline(__always)
    static var current: CDriver {
      guard let driver = unsafe madeDriver else { stop(FALLOW_NOT_STARTED) }
      return driver
    }

    #if FALLOW_IOMMU_VTD
      /// Whether there are such options.
      static func takes(_ options: fallow_iommu_options) -> Bool {
        options.isValid
          && options.walks_kernel_half | options.repeats_invalidations == 0
      }

      /// Makes the driver, if there is a frame for it.
      static func make(with options: fallow_iommu_options) -> CDriver? {
        make(on: CPlatform(), trustsCoherence: options.trusts_coherence != 0)
      }

      func startIOMMU(_ iommu: Int) -> StartOutcome {
        start(
          iommu,
          maxLeafLevel: min(
            CPlatform().paging.maxLeafLevel, CFormat.maxLeafLevel))
      }

      func addDevice(_ device: Device, _ tlb: DeviceTLB?) -> AddOutcome {
        add(device, tlb: tlb)
      }
    #elseif FALLOW_IOMMU_RISCV
      /// Whether there are such options.
      static func takes(_ options: fallow_iommu_options) -> Bool {
        options.isValid
          && options.trusts_coherence | options.walks_kernel_half
            | options.repeats_invalidations == 0
      }

      /// Makes the driver, if there is a frame for it.
      static func make(with options: fallow_iommu_options) -> CDriver? {
        make(on: CPlatform())
      }
    #else
      /// Whether there are such options.
      static func takes(_ options: fallow_iommu_options) -> Bool {
        options.isValid && options.trusts_coherence == 0
      }

      /// Makes the driver, if there is a frame for it.
      static func make(with options: fallow_iommu_options) -> CDriver? {
        make(
          on: CPlatform(), walksKernelHalf: options.walks_kernel_half != 0,
          repeatsInvalidations: options.repeats_invalidations != 0)
      }
    #endif

    #if !FALLOW_IOMMU_VTD
      func startIOMMU(_ iommu: Int) -> StartOutcome { start(iommu) }

      func addDevice(_ device: Device, _ tlb: DeviceTLB?) -> AddOutcome {
        tlb == nil ? add(device) : .noDeviceTLBs
      }
    #endif
  }

  extension fallow_iommu_options {
    /// Whether each is 0 or 1, and nothing else is set.
    fileprivate var isValid: Bool {
      trusts_coherence | walks_kernel_half | repeats_invalidations <= 1
        && reserved.0 | reserved.1 | reserved.2 | reserved.3 | reserved.4 == 0
    }
  }

  /// The kernel's registers.
  extension CPlatform: IOMMUPlatform {
    func load(_ register: IOMMURegister) -> UInt64 {
      fallow_kernel_load_register(
        UInt32(truncatingIfNeeded: register.iommu),
        UInt32(truncatingIfNeeded: register.offset), register.isWide)
    }

    func store(_ value: UInt64, to register: IOMMURegister) {
      fallow_kernel_store_register(
        UInt32(truncatingIfNeeded: register.iommu),
        UInt32(truncatingIfNeeded: register.offset), register.isWide, value)
    }

    func await(_ condition: IOMMUCondition) {
      var looks: UInt64 = 0
      while !condition.holds(on: self) {
        looks &+= 1
        let iommu = UInt32(truncatingIfNeeded: condition.register.iommu)
        guard fallow_kernel_keeps_waiting(iommu, looks) else { return }
      }
    }

    func isolate(_ device: Device) {
      fallow_kernel_isolate(device.ofC)
    }
  }

  extension Device {
    /// The device that C names; nil if there is no such IOMMU.
    init?(ofC device: UInt32) {
      guard device >> 16 < UInt32(FALLOW_IOMMUS) else { return nil }
      self.init(
        iommu: Int(device >> 16), requester: UInt16(truncatingIfNeeded: device))
    }

    /// As C names it.
    var ofC: UInt32 {
      UInt32(truncatingIfNeeded: iommu) << 16 | UInt32(requester)
    }
  }

#endif
