// SPDX-License-Identifier: Apache-2.0

/// Invalidations of a VT-d IOMMU.
extension VTd {
  /// Whether no device behind the IOMMU has a TLB of its own: those take a
  /// request for each PASID.
  ///
  /// One global IOTLB invalidation drops the leaves and paging-structure
  /// entries of every domain and PASID. Its price is that the leaves of the
  /// user halves go too.
  @inlinable
  public func mergesSpaces(on iommu: Int) throws(P.Interruption) -> Bool {
    try control.load(.deviceTLBs, of: iommu) == 0
  }

  /// Puts a request into the queue of an IOMMU, device TLBs after the IOTLB.
  ///
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  @inline(__always)
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    guard let pasid = request.pasid else {
      try queue.put(.allTranslations, on: iommu)
      return
    }
    let space = VTdSpace(pasid)
    // Guard: device-tlb-after-iotlb
    if let range = request.range,
      try range.size &>> FrameNumber.shift
        <= control.load(.capabilities, of: iommu)
    {
      try putPages(of: space, range, leavesOnly: request.leavesOnly, iommu)
    } else {
      try queue.put(.translations(of: space), on: iommu)
    }
    // Guard: device-tlb-after-iotlb.ask
    if try control.load(.deviceTLBs, of: iommu) > 0 {
      // Guard: device-tlb-is-asked
      try putDeviceRequests(of: space, for: request.range, on: iommu)
    }
  }

  /// Puts a request for the pages of a range into the queue, or for all of the
  /// space's if their block is too large.
  @inlinable
  @inline(never)
  func putPages(
    of space: VTdSpace, _ range: VirtualRange, leavesOnly: Bool, _ iommu: Int
  ) throws(P.Interruption) {
    let (address, mask) = Self.block(of: range)
    try queue.put(
      try 1 &<< mask <= control.load(.capabilities, of: iommu)
        ? .translations(
          of: space, at: address, mask: mask, leavesOnly: leavesOnly)
        : .translations(of: space), on: iommu)
  }

  /// Puts a request into the queue for every device TLB that may hold
  /// translations of the space.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  @inline(never)
  func putDeviceRequests(
    of space: VTdSpace, for range: VirtualRange?, on iommu: Int
  ) throws(P.Interruption) {
    let (address, mask) = Self.block(of: range)
    var directory = try control.firstDevice(of: iommu)
    while directory != .none {
      let word = try control.word(of: directory)
      if word.hasTLB, try entry(naming: space, in: directory) != nil {
        try queue.put(
          .deviceTranslations(of: space, word, at: address, mask: mask),
          on: iommu)
      }
      directory = try platform.link(of: directory)
    }
  }

  /// Puts a wait into the queue of an IOMMU, rings its bell, and returns the
  /// wait's ticket.
  ///
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  @inline(__always)
  public func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    try queue.fence(iommu)
  }

  /// Waits until the IOMMU reached the ticket.
  ///
  /// - Returns: False if the ticket is void, or if the platform's patience
  ///   ended.
  @inlinable
  @inline(__always)
  public func wait(
    for ticket: UInt64, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    try queue.wait(for: ticket, on: iommu)
  }

  /// The smallest block of 2^n pages, naturally aligned, that covers a range:
  /// its address, and n; 52 for all addresses.
  @inlinable
  static func block(
    of range: VirtualRange?
  ) -> (address: VirtualAddress, mask: UInt64) {
    guard let range, !range.isEmpty else { return (VirtualAddress(0), 52) }
    let first = range.start.rawValue &>> FrameNumber.shift
    let last = range.last.rawValue &>> FrameNumber.shift
    let mask = UInt64(64 &- (first ^ last).leadingZeroBitCount)
    return (
      VirtualAddress((first &>> mask) &<< (mask &+ FrameNumber.shift)), mask
    )
  }
}
