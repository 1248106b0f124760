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
  /// The PASID is beyond what the IOMMU can look up, or the device uses it for
  /// another address space, or has not left one under it.
  case pasidNotFree
  /// There was no frame for the IOMMU's own tables.
  case outOfFrames
}

/// How a call that makes walkers leave ended.
@frozen
public enum LeaveOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Nothing of the address space is cached for the device any more.
  case left
  /// The device begins no walk any more, but the IOMMU did not answer: the
  /// address space counts as shared until a further call succeeds.
  case unanswered
}
