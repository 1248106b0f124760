// SPDX-License-Identifier: Apache-2.0

/// The driver of a machine without IOMMUs: CPUs alone walk its tables.
///
/// **What it promises.** An invalidation asks nobody, and no device can be bound:
/// a call to bind throws ``BindOutcome/unknownDevice``. A table is released once
/// the CPUs have flushed and the readers have left.
///
/// A device that accesses memory by physical addresses, as all devices do where
/// there is no IOMMU, walks no tables, and this driver knows nothing of it.
@frozen
public struct NoIOMMU<P: Platform, Format: PageTableFormat>: UnmanagedIOMMUs {
  /// The machine.
  public let platform: P

  /// The driver of a machine.
  ///
  /// - Parameter platform: The machine.
  @inlinable
  public init(on platform: P) {
    self.platform = platform
  }

  /// The kernel half of the format.
  @inlinable
  public var kernelHalf: VirtualRange { Format.kernelHalf }

  /// Refuses: there is no IOMMU that the device could walk by.
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome { .unknownDevice }
}
