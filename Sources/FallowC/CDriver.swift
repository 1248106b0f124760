// SPDX-License-Identifier: Apache-2.0

#if !(FALLOW_IOMMU_VTD || FALLOW_IOMMU_RISCV || FALLOW_IOMMU_SMMUV3)

  import Fallow
  import FallowHeader

  /// All IOMMUs of a kernel in C, spoken to as one.
  ///
  /// The kernel's functions make a device walk, and stop it; the library keeps a
  /// list of who walks, which runs through the kernel's `struct fallow_binding`,
  /// and so finds a binding that is none.
  struct CDriver: IOMMUDriver {
    typealias Format = CFormat

    var platform: CPlatform { CPlatform() }
    var kernelHalf: VirtualRange { CFormat.kernelHalf }

    func attach(
      _ root: FrameNumber, to device: Device, as pasid: PASID
    ) -> BindOutcome {
      // Whether the PASID is free was looked at with the list, by `bind`.
      fallow_kernel_attach(
        root.rawValue, UInt32(device.requester), pasid.rawValue)
        ? .bound : .unknownDevice
    }

    func detach(_ device: Device, from pasid: PASID) {
      fallow_kernel_detach(UInt32(device.requester), pasid.rawValue)
    }

    func forget(_ device: Device, as pasid: PASID) {
      unsafe forgetBinding {
        unsafe $0.pointee.device == UInt32(device.requester)
          && $0.pointee.pasid == pasid.rawValue
      }
    }

    // The devices of a space are counted, and all are behind one IOMMU.
    func isAttached(_ pasid: PASID, on iommu: Int) -> Bool { true }

    func isAttached(
      _ device: Device, to root: FrameNumber, as pasid: PASID
    ) -> Bool {
      var next = unsafe bindings
      while let binding = unsafe next {
        if unsafe binding.pointee.root == root.rawValue,
          unsafe binding.pointee.device == UInt32(device.requester),
          unsafe binding.pointee.pasid == pasid.rawValue
        {
          return true
        }
        unsafe next = unsafe binding.pointee.library
      }
      return false
    }

    // The kernel is called for each space.
    func mergesSpaces(on iommu: Int) -> Bool { false }

    func submit(_ request: InvalidationRequest, to iommu: Int) {
      fallow_kernel_submit_invalidation(
        request.pasid?.rawValue ?? 0, request.range?.start.rawValue ?? 0,
        request.range?.size ?? 0)
    }
    // The wait is for all that was submitted.
    func fence(_ iommu: Int) -> UInt64 { 0 }
    func wait(for ticket: UInt64, on iommu: Int) -> Bool {
      fallow_kernel_await_invalidations()
    }
  }

  extension CDriver {
    /// The driver: there is nothing to make.
    @inline(__always)
    static var current: CDriver { CDriver() }
  }

  extension Device {
    /// The device that C names; nil if there is none.
    init?(ofC device: UInt32) {
      guard device >> 16 == 0 else { return nil }
      self.init(iommu: 0, requester: UInt16(device))
    }
  }

#endif
