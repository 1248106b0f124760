// SPDX-License-Identifier: Apache-2.0

/// IOMMUs that the library does not manage: a kernel has none, or speaks to its
/// own by itself.
///
/// All of them are one, number 0. The kernel knows which devices walk: it binds
/// each device that may walk an address space, and unbinds each that has left.
/// ``IOMMUDriver/submit(_:to:)`` names what the IOMMUs are to forget, and
/// ``IOMMUDriver/wait(for:on:)`` asks whether all is forgotten; a kernel without
/// IOMMUs leaves both as they are.
///
/// The library cannot know which spaces a device reaches, so a device is not
/// expelled: the kernel makes it silent, answers true to the waits, and unbinds
/// it from each space.
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

  /// True: the kernel says when a device has left, and the last of a space is
  /// known by their number.
  @inlinable
  public func isAttached(_ pasid: PASID, on iommu: Int) -> Bool { true }

  /// True: the kernel unbinds what it bound.
  @inlinable
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) -> Bool { true }

  /// False: the kernel is asked for each space.
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
