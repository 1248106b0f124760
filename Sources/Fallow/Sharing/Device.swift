// SPDX-License-Identifier: Apache-2.0

/// A device that issues requests through an IOMMU.
@frozen
public struct Device: Hashable, BitwiseCopyable, Sendable {
  /// The number of the IOMMU it sits behind: 0 to 31.
  public var iommu: Int

  /// The number it signs its requests with: the source ID of VT-d, bus,
  /// device and function in PCI's layout.
  public var requester: UInt16

  /// Device `requester` behind `iommu`.
  ///
  /// - Parameters:
  ///   - iommu: The number of the IOMMU that it sits behind.
  ///   - requester: The source ID of its requests.
  @inlinable
  public init(iommu: Int, requester: UInt16) {
    self.iommu = iommu
    self.requester = requester
  }
}
