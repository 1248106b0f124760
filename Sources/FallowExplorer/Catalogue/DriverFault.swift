// SPDX-License-Identifier: Apache-2.0

/// What a driver of an IOMMU does wrong.
public enum DriverFault: UInt8, BitwiseCopyable, Sendable {
  /// Nothing: it does as the hardware demands.
  case none
  /// Speaks to the cache of the other stage.
  case otherStage
  /// Says that only leaves changed.
  case leavesOnly
  /// Names the first page only.
  case onePage
  /// Starts in the middle of the half.
  case upperPart
  /// Empties the device's TLB before the IOTLB.
  case deviceFirst
  /// Leaves the device's TLB as it is.
  case noDevice
  /// Does not wait.
  case noWait
  /// Takes a failed wait for a completed one.
  case failureIsSuccess
  /// Leaves out all IOMMUs but the first.
  case firstIOMMU
  /// Leaves out all PASIDs but the first.
  case firstPASID
  /// Submits nothing.
  case silent
  /// Does not have the PASID cache forget an entry that went.
  case keepsEntry
  /// Expels a device without having its IOMMU forget.
  case keepsCaches
  /// Lets a device come back from a reset with what it had cached.
  case keepsDeviceTLB
}
