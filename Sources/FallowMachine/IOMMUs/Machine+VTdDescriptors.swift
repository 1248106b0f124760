// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What the descriptors of VT-d do.
extension Machine {
  /// Does what a descriptor says; false if it is not valid.
  func perform(_ descriptor: VTdDescriptor, _ number: Int) -> Bool {
    // Bit 11: the queue has descriptors of 256 bits.
    guard iommus[number].queueAddress & 1 << 11 != 0,
      let kind = VTdDescriptor.Kind(rawValue: descriptor.low & 0xf)
    else { return false }
    let caches = iommus[number].translations
    switch kind {
    case .contextCache:
      iommus[number].contexts = [:]
      iommus[number].absentContexts = []
    case .pasidCache:
      forgetSpaces(descriptor, number)
    case .iotlb:
      let isGlobal = descriptor.granularity == 1
      let domain = descriptor.domain
      forget(nil, leavesOnly: false, in: caches) { [tagNames] tag in
        isGlobal || UInt16(tagNames[Int(tag)] >> 32) == domain
      }
    case .pasidIOTLB:
      guard
        descriptor.granularity == 2
          || descriptor.mask
            <= configuration.maxAddressMask,
        (2...3).contains(descriptor.granularity)
      else { return false }
      if let tag = tags[descriptor.space] {
        forget(
          descriptor.range, leavesOnly: descriptor.leavesOnly, in: caches
        ) { $0 == tag }
      }
    case .deviceTLB, .pasidDeviceTLB:
      forgetDeviceTranslations(descriptor, number)
    case .wait:
      if iommus[number].abortedUpTo == nil {
        memory.store(
          descriptor.low >> 32,
          to: PhysicalAddress(descriptor.high).word,
          of: FrameNumber(containing: PhysicalAddress(descriptor.high)))
        record(.answered(iommu: number))
      }
    }
    return true
  }

  private func forgetSpaces(_ descriptor: VTdDescriptor, _ number: Int) {
    // It does not name the device.
    iommus[number].absentSpaces = []
    let pasid = descriptor.space & 0xf_ffff
    let domain = descriptor.domain
    iommus[number].spaces = iommus[number].spaces.filter {
      switch descriptor.granularity {
      case 0: $0.value.domain != domain
      case 1: $0.value.domain != domain || $0.key & 0xf_ffff != pasid
      default: false
      }
    }
  }

  /// What an IOMMU drops: leaves of the range, and, unless the invalidation
  /// hint says that only leaves changed, every pointer that a walk of an
  /// address in the range goes through.
  private func forget(
    _ range: VirtualRange?, leavesOnly: Bool, in caches: WalkerCaches,
    where isMeant: (UInt32) -> Bool
  ) {
    let pages = range.map { PageWindow($0) }
    func isGone(_ key: CacheKey) -> Bool {
      isMeant(key.tag) && pages.map { key.overlaps($0) } != false
    }
    caches.leaves.removeAll(where: isGone)
    if !leavesOnly { caches.removeStructures(where: isGone) }
  }

  private func forgetDeviceTranslations(
    _ descriptor: VTdDescriptor, _ number: Int
  ) {
    let requester = descriptor.deviceSource
    let device = Device(iommu: number, requester: requester)
    guard let tlb = devices[device]?.tlb else { return }
    let pasid =
      descriptor.kind == .deviceTLB ? 0 : UInt32(descriptor.space & 0xf_ffff)
    let pages = PageWindow(descriptor.deviceRange)
    tlb.leaves.removeAll { $0.tag == pasid && $0.overlaps(pages) }
  }
}
