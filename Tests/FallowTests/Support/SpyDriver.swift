import Fallow

/// IOMMUs that record what they are told, and answer unless they are set to
/// fail.
struct SpyDriver<P: Platform>: IOMMUDriver where P.Interruption == Never {
  let platform: P
  let kernel: HostedKernel

  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome {
    let isNew = kernel.machine.attached.insert(
      Attachment(device: device, pasid: pasid)
    ).inserted
    return isNew ? .bound : .pasidNotFree
  }

  func detach(_ device: Device, from pasid: PASID) {}

  func forget(_ device: Device, as pasid: PASID) {
    kernel.machine.attached.remove(Attachment(device: device, pasid: pasid))
  }

  func isAttached(_ pasid: PASID, on iommu: Int) -> Bool {
    kernel.machine.attached.contains {
      $0.pasid == pasid && $0.device.iommu == iommu
    }
  }

  func isolate(_ device: Device) {
    // The device's silence is over: it is off the bus.
    kernel.machine.failing.remove(device.iommu)
  }

  func remove(_ device: Device) {
    kernel.machine.attached = kernel.machine.attached.filter {
      $0.device != device
    }
  }

  func mergesSpaces(on iommu: Int) -> Bool { false }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    record(.submitted(request, iommu: iommu))
  }

  func fence(_ iommu: Int) -> UInt64 {
    record(.fenced(iommu: iommu))
    return UInt64(iommu) + 100
  }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    precondition(ticket == UInt64(iommu) + 100, "not this IOMMU's ticket")
    kernel.machine.onWait?()
    let answered = !kernel.machine.failing.contains(iommu)
    record(.waited(iommu: iommu, answered: answered))
    return answered
  }

  private func record(_ event: Event) {
    let machine = kernel.machine
    if machine.isRecording { machine.events.append(event) }
  }
}

extension HostedMachine {
  typealias SpyScheme = Reclaimer<SpyDriver<SpyKernel>>
  typealias SpySpace = KernelSpace<X86FourLevel, SpyScheme>
  typealias SpyUserSpace = UserSpace<X86FourLevel, SpyScheme>

  var scheme: SpyScheme {
    Reclaimer(
      sharing: Sharing(driver: SpyDriver(platform: spy, kernel: kernel)))
  }

  /// Lets a device walk some address space, so that what is retired waits for
  /// the worker.
  func shareASpace() {
    let outcome = scheme.sharing.bind(
      kernel.allocate(order: 0), to: Device(iommu: 0, requester: 8),
      as: PASID(1))
    precondition(outcome == .bound, "the spy binds what is new to it")
  }

  /// A kernel's space on this machine; the root and the 256 permanent tables
  /// are all that is linked.
  func makeSpace(_ emptyTables: EmptyTables = .free) throws -> SpySpace {
    guard let space = SpySpace.make(scheme: scheme, emptyTables: emptyTables)
    else { throw OutOfFrames() }
    return space
  }
}

/// A device that may walk under a PASID.
struct Attachment: Hashable {
  var device: Device
  var pasid: PASID
}

extension HostedMachine.SpyUserSpace {
  /// Shares the space with a device behind each of some IOMMUs.
  func share(_ binding: Binding) {
    for iommu in 0..<32 where binding.iommus.contains(iommu) {
      let outcome = scheme.sharing.bind(
        root, to: Device(iommu: iommu, requester: 8), as: binding.pasid)
      precondition(outcome == .bound)
    }
  }
}

/// A machine was made too small for its test.
struct OutOfFrames: Error {}
