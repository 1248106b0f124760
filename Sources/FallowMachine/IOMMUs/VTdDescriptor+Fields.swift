// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What an IOMMU reads out of a descriptor.
extension VTdDescriptor {
  var kind: Kind? { Kind(rawValue: low & 0xf) }

  /// Bits 5 and 4.
  var granularity: UInt64 { low >> 4 & 3 }

  /// Whether it is for a device's own TLB.
  var isDeviceRequest: Bool { kind == .deviceTLB || kind == .pasidDeviceTLB }

  /// The device whose TLB it is for.
  var deviceSource: UInt16 {
    UInt16(
      truncatingIfNeeded: kind == .deviceTLB
        ? Field.plainSource.read(low) : Field.source.read(low))
  }

  var domain: UInt16 { UInt16(truncatingIfNeeded: low >> 16) }

  /// The name of domain and PASID among the machine's tags.
  var space: UInt64 { UInt64(domain) << 32 | low >> 32 & 0xf_ffff }

  /// The address mask: how many pages, as a power of two.
  var mask: UInt64 { high & 0x3f }

  /// The invalidation hint.
  var leavesOnly: Bool { high >> 6 & 1 != 0 }

  /// The addresses of a page-selective request; nil for all.
  var range: VirtualRange? {
    guard granularity == 3 else { return nil }
    let size = FrameNumber.size << mask
    return VirtualRange(
      start: VirtualAddress(high).alignedDown(to: size), size: size)
  }

  /// The addresses of a device-TLB request: the lowest zero bit from bit 12 on
  /// says how many.
  var deviceRange: VirtualRange {
    let isLarge = kind == .deviceTLB ? Field.plainSize : Field.size
    guard isLarge.isSet(in: high) else {
      return VirtualRange(
        start: VirtualAddress(high).alignedDown(to: FrameNumber.size),
        size: FrameNumber.size)
    }
    let ones = (high >> 12 | 1 << 52).trailingOnes
    let size = FrameNumber.size << min(UInt64(ones) + 1, 51)
    return VirtualRange(
      start: VirtualAddress(high).alignedDown(to: size), size: size)
  }
}

extension UInt64 {
  fileprivate var trailingOnes: Int { (~self).trailingZeroBitCount }
}

extension InvalidationRequest {
  /// What a descriptor asks an IOTLB to forget; nil if it is another.
  init?(_ descriptor: VTdDescriptor) {
    switch descriptor.kind {
    case .pasidIOTLB:
      self.init(
        pasid: PASID(UInt32(descriptor.space & 0xf_ffff)),
        range: descriptor.range,
        leavesOnly: descriptor.granularity == 3 && descriptor.leavesOnly)
    case .iotlb:
      self.init(pasid: nil, range: nil)
    case .contextCache, .deviceTLB, .wait, .pasidCache, .pasidDeviceTLB, nil:
      return nil
    }
  }
}
