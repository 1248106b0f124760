// SPDX-License-Identifier: Apache-2.0

/// How a call to bind ended.
@frozen
public enum BindOutcome: Equatable, BitwiseCopyable, Sendable {
  /// The device may walk the address space.
  case bound
  /// The IOMMU does not know the device.
  case unknownDevice
  /// The IOMMU's walks do not snoop the CPUs' caches: it could read an entry
  /// long after it was cleared, so it may not walk the CPUs' tables.
  case notCoherent
  /// The device uses the PASID already, or has not left an address space under
  /// it, or another device behind the IOMMU uses it for another one.
  case pasidNotFree
  /// Devices share the address space under another PASID.
  case otherPASID
  /// As many devices share the address space as ``Binding/mostDevices``.
  case tooManyDevices
  /// The PASID, or the tag, is beyond what the IOMMU can look up.
  case pasidTooWide
  /// It is 0, which drivers keep for requests without a PASID.
  case pasidReserved
  /// The device is being expelled, or its expulsion is to be repeated.
  case leaving
  /// There was no frame for the IOMMU's own tables.
  case outOfFrames
  /// The space is the kernel's alone, and the driver lets no device walk the
  /// kernel half.
  case kernelHalfNotWalked
}

/// How a call that makes walkers leave ended.
@frozen
public enum LeaveOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Nothing of the address space is cached for the device any more.
  case left
  /// The device is not bound to that address space under that PASID; nothing
  /// has changed.
  case notBound
  /// The device begins no walk any more, but the IOMMU did not answer: the
  /// address space counts as shared until a further call succeeds.
  case unanswered
}
