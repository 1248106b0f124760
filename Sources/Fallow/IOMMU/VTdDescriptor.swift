// SPDX-License-Identifier: Apache-2.0

/// A descriptor of the 256-bit invalidation queue, whose upper half is zero.
///
/// Names are the manual's; bits as in Linux's `drivers/iommu/intel/iommu.h`.
@frozen
@usableFromInline
package struct VTdDescriptor: Equatable, BitwiseCopyable, Sendable {
  /// The first word.
  @usableFromInline package var low: UInt64

  /// The second word.
  @usableFromInline package var high: UInt64

  /// A descriptor of these words.
  @inlinable
  package init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  /// How long a descriptor is, in bytes.
  @inlinable
  package static var size: UInt64 { 32 }

  /// The context cache drops everything.
  @inlinable
  static var allContexts: Self {
    Self(.contextCache, .all)
  }

  /// The PASID cache drops everything.
  @inlinable
  static var allPASIDs: Self {
    Self(low: Kind.pasidCache.rawValue | Field.granularity(3))
  }

  /// The IOTLB and the paging-structure caches drop everything.
  @inlinable
  static var allTranslations: Self {
    Self(.iotlb, .all, Field.drainsReads(1) | Field.drainsWrites(1))
  }

  /// The PASID cache drops the entry of a space.
  @inlinable
  static func entry(of space: VTdSpace) -> Self {
    Self(.pasidCache, .all, space.fields)
  }

  /// The IOTLB and the paging-structure caches drop a space: PASID-selective.
  @inlinable
  static func translations(of space: VTdSpace) -> Self {
    Self(.pasidIOTLB, .space, space.fields)
  }

  /// They drop what a space has of the 2^`mask` pages at `address`:
  /// page-selective within the PASID.
  ///
  /// - Precondition: `address` is aligned to that size.
  @inlinable
  static func translations(
    of space: VTdSpace, at address: VirtualAddress, mask: UInt64,
    leavesOnly: Bool
  ) -> Self {
    Self(
      .pasidIOTLB, .pages, space.fields,
      address.rawValue | Field.leavesOnly(leavesOnly ? 1 : 0)
        | Field.addressMask(mask))
  }

  /// A device's own TLB drops what it has of a space, of 2^`mask` pages at
  /// `address`, or of all addresses if `mask` is 52.
  @inlinable
  static func deviceTranslations(
    of space: VTdSpace, _ tlb: DeviceWord, at address: VirtualAddress,
    mask: UInt64
  ) -> Self {
    var high = address.rawValue
    if mask > 0 {
      // The lowest zero bit of the address says how much.
      let end = (1 as UInt64) &<< (FrameNumber.shift &+ mask &- 1)
      high = high & ~(end &<< 1 &- 1) | (end &- FrameNumber.size)
    }
    let function = tlb.physicalFunction
    let common =
      Field.functionLow(function) | Field.functionHigh(function &>> 4)
    if space.pasid == 0 {
      return Self(
        low: Kind.deviceTLB.rawValue | common
          | Field.plainDepth(tlb.queueDepth)
          | Field.plainSource(UInt64(tlb.requester)),
        high: high | Field.plainSize(mask > 0 ? 1 : 0))
    }
    return Self(
      low: Kind.pasidDeviceTLB.rawValue | common
        | Field.depth(tlb.queueDepth)
        | Field.source(UInt64(tlb.requester))
        | Field.pasid(UInt64(space.pasid)),
      high: high | Field.size(mask > 0 ? 1 : 0))
  }

  /// The IOMMU writes `ticket` to `address` when all before is completed, and
  /// only then begins what comes after.
  @inlinable
  static func wait(
    writing ticket: UInt32, to address: PhysicalAddress
  ) -> Self {
    Self(
      low: Kind.wait.rawValue | Field.statusWrite(1) | Field.fence(1)
        | Field.statusData(UInt64(ticket)),
      high: address.rawValue)
  }
}

extension VTdDescriptor: IOMMUCommand {
  /// A wait that writes 0 to `scratch`.
  @inlinable
  static func order(scratch: PhysicalAddress) -> Self {
    wait(writing: 0, to: scratch)
  }

  @inlinable
  static func head(of iommu: Int) -> IOMMURegister {
    VTdRegister.queueHead.of(iommu)
  }

  @inlinable
  static func tail(of iommu: Int) -> IOMMURegister {
    VTdRegister.queueTail.of(iommu)
  }

  /// In bytes.
  @inlinable
  static var positions: QueuePositions {
    QueuePositions(commandSize: size, scale: 5)
  }

  @inlinable
  static func errorRegister(of iommu: Int) -> IOMMURegister {
    VTdRegister.faultStatus.of(iommu)
  }

  @inlinable
  static var errorMask: UInt64 { VTdRegister.Fault.all }

  @inlinable
  static func acknowledge<P: IOMMUPlatform>(
    _ reported: UInt64, of iommu: Int, on platform: P
  ) throws(P.Interruption) {
    try platform.store(
      reported & errorMask, to: VTdRegister.faultStatus.of(iommu))
  }

  @inlinable
  static func isInvalidCommand(_ reported: UInt64, head: UInt64) -> Bool {
    VTdRegister.Fault.queue.isSet(in: reported)
  }
}
