// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Layout {
  /// What a descriptor of VT-d's queue asks for.
  func decoded(_ descriptor: VTdDescriptor) -> QueueDescriptor {
    let low = descriptor.low
    let pasid = Int(truncatingIfNeeded: low >> 32 & 0xf_ffff)
    let selects = low >> 4 & 3
    switch VTdDescriptor.Kind(rawValue: low & 0xf) {
    case nil: return QueueDescriptor(.invalid)
    // The context entry leads to the PASID table, and never changes here.
    case .contextCache: return QueueDescriptor(.otherStage)
    case .iotlb: return QueueDescriptor(.pasid, pasid: nil)
    case .pasidCache:
      return selects == 1
        ? QueueDescriptor(.pasidEntry, pasid: pasid)
        : QueueDescriptor(.pasidEntry, pasid: nil)
    case .pasidIOTLB:
      return selects == 2
        ? QueueDescriptor(.pasid, pasid: pasid)
        : QueueDescriptor(
          .range, pasid: pasid, pages: pages(descriptor.high),
          leavesOnly: descriptor.high >> 6 & 1 != 0)
    case .deviceTLB, .pasidDeviceTLB:
      return QueueDescriptor(.deviceRange, pasid: pasid, pages: 0..<64)
    case .wait:
      return isStatus(descriptor.high)
        ? QueueDescriptor(.wait, ticket: Int(truncatingIfNeeded: low >> 32))
        : QueueDescriptor(.order)
    }
  }

  /// The pages of a request.
  private func pages(_ high: UInt64) -> Range<Int> {
    let start = high & ~(FrameNumber.size - 1)
    let count = 1 << Int(truncatingIfNeeded: min(high & 0x3f, 6))
    let page = page(start, from: X86FourLevel.kernelHalf.start)
    return page..<(page + count)
  }
}
