// SPDX-License-Identifier: Apache-2.0

/// What operations work on, one at a time: a stretch of addresses, or the
/// sharing of a space with a device, which has no pages.
public struct Slot: Equatable, Sendable {
  /// Its number.
  public var number: Int
  /// Its first page.
  public var firstPage = 0
  /// How many pages it has.
  public var pageCount = 0
  /// The IOMMU of the device that shares.
  public var iommu = 0
  /// The space that is shared.
  public var pasid = 0

  /// A stretch of pages.
  ///
  /// - Parameters:
  ///   - number: Its place among the slots of the scenario.
  ///   - firstPage: Its first page.
  ///   - pageCount: How many pages it has, at least 1.
  public init(number: Int, firstPage: Int, pageCount: Int) {
    self.number = number
    self.firstPage = firstPage
    self.pageCount = pageCount
  }

  /// The sharing of a space with the device behind an IOMMU.
  ///
  /// - Parameters:
  ///   - number: Its place among the slots of the scenario.
  ///   - iommu: The number of the IOMMU.
  ///   - pasid: The number of the space.
  public init(number: Int, iommu: Int, pasid: Int) {
    self.number = number
    self.iommu = iommu
    self.pasid = pasid
  }

  /// Whether it is the sharing of a space.
  var isBinding: Bool { pageCount == 0 }
}

/// What a slot is known to hold between operations.
public enum SlotState: UInt8, Sendable {
  /// Nothing is mapped.
  case empty
  /// Every page is mapped by a leaf of its own.
  case mapped
  /// One large leaf maps it.
  case large
  /// An operation is at work on it.
  case busy
  /// The device shares the space.
  case bound
  /// The device does not share the space.
  case apart
  /// Nothing more is done here.
  case over
  /// Every page is mapped, by a leaf of its own or as a part of a larger one.
  case within
  /// Every page is mapped by a leaf of its own, and nobody may write to it any
  /// more; see ``Bounds/keepsRights``.
  case readOnly
  /// Every page is mapped, where to is not looked at: by a table that other
  /// slots share, for example.
  case shared
  /// What is mapped is not looked at: operations that do not claim the slot check
  /// it themselves.
  case unknown
}
