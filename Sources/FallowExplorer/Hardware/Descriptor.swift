// SPDX-License-Identifier: Apache-2.0

/// An entry of an invalidation queue, as the model keeps it.
struct QueueDescriptor: BitwiseCopyable {
  enum Kind: UInt8 {
    case none
    /// Drop what is cached of a PASID's range in the IOMMU.
    case range
    /// Drop all that is cached of a PASID in the IOMMU.
    case pasid
    /// Drop a PASID's entry from the cache of those.
    case pasidEntry
    /// Drop all that the IOMMU caches.
    case everything
    /// The second stage's cache: nothing that matters here.
    case otherStage
    /// Drop a PASID's range in the device's TLB.
    case deviceRange
    /// Report when all before it is done.
    case wait
    /// Begin nothing that comes after before all before it is done.
    case order
    /// Bytes that are no descriptor.
    case invalid
  }

  var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(
    _ kind: Kind, pasid: Int? = 0, pages: Range<Int> = 0..<0,
    leavesOnly: Bool = false, ticket: Int = 0
  ) {
    rawValue =
      UInt32(kind.rawValue) | (UInt32(pasid ?? 0) & 0xf) << 4
      | (leavesOnly ? 1 : 0) << 8 | (pasid == nil ? 1 : 0) << 9
      | UInt32(ticket) << 12 | UInt32(pages.lowerBound) << 16
      | UInt32(pages.count) << 24
  }

  var kind: Kind { Kind(rawValue: UInt8(rawValue & 0xf)) ?? .none }
  var pasid: Int { Int(rawValue >> 4 & 0xf) }
  /// Whether it names no PASID, and means all.
  var isOfEveryPASID: Bool { rawValue >> 9 & 1 != 0 }
  var leavesOnly: Bool { rawValue >> 8 & 1 != 0 }
  /// Of a wait, which names no pages.
  var ticket: Int { Int(rawValue >> 12) }
  var pages: Range<Int> {
    let first = Int(rawValue >> 16 & 0xff)
    return first..<(first + Int(rawValue >> 24 & 0xff))
  }
}
