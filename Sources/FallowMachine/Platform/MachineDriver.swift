public import Fallow

/// How the library speaks to the IOMMUs of a machine.
public struct MachineDriver: IOMMUDriver {
  /// The machine.
  public let platform: MachinePlatform

  init(platform: MachinePlatform) {
    self.platform = platform
  }

  /// The upper half, in the only format that this machine's walkers know.
  public var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  /// Puts a request into the queue of an IOMMU.
  public func submit(_ request: InvalidationRequest, to iommu: Int) {
    platform.machine.submit(request, to: iommu)
  }

  /// Puts a wait into the queue of an IOMMU and returns its ticket.
  public func fence(_ iommu: Int) -> UInt64 {
    platform.machine.fence(iommu)
  }

  /// Lets the machine go on until the IOMMU reached the ticket.
  public func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    platform.machine.wait(for: ticket, on: iommu)
  }
}
