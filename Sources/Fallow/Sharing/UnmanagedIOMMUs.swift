/// IOMMUs that the library does not manage: a kernel has none, or speaks to its
/// own by itself.
///
/// All of them are one, number 0. The kernel knows which devices walk: it binds
/// an address space when the first of them may, and unbinds it when the last has
/// left. In between it is told what to forget by
/// ``IOMMUDriver/submit(_:to:)``, and asked by
/// ``IOMMUDriver/wait(for:on:)`` whether all is forgotten; a kernel without
/// IOMMUs leaves both as they are.
public protocol UnmanagedIOMMUs: IOMMUDriver {}

extension UnmanagedIOMMUs {
  /// Bound: the kernel lets the devices walk itself.
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome { .bound }

  /// Nothing: the kernel has made them stop.
  @inlinable
  public func detach(_ device: Device, from pasid: PASID) {}

  /// Nothing: the kernel hands out its PASIDs.
  @inlinable
  public func forget(_ device: Device, as pasid: PASID) {}

  /// False: who unbinds says that the last device has left.
  @inlinable
  public func isAttached(_ pasid: PASID, on iommu: Int) -> Bool { false }

  /// Nothing: the kernel has made it silent.
  @inlinable
  public func isolate(_ device: Device) {}

  /// Nothing: the library keeps nothing of it.
  @inlinable
  public func remove(_ device: Device) {}

  /// False: the kernel is told of each space.
  @inlinable
  public func mergesSpaces(on iommu: Int) -> Bool { false }

  /// Nothing: there is no IOMMU.
  @inlinable
  public func submit(_ request: InvalidationRequest, to iommu: Int) {}

  /// No ticket is needed: the wait is for all that was submitted.
  @inlinable
  public func fence(_ iommu: Int) -> UInt64 { 0 }

  /// True: there is no IOMMU.
  @inlinable
  public func wait(for ticket: UInt64, on iommu: Int) -> Bool { true }
}
