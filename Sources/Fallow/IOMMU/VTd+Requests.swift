/// What VT-d is asked to forget.
extension VTd {
  /// Whether the IOMMU walks for no device that has a TLB of its own: those
  /// take a request for each PASID.
  ///
  /// Merging rests on the domain-selective IOTLB invalidation dropping the
  /// first-stage leaves and paging-structure entries of every PASID of the
  /// domain: QEMU 10.0.2 does that. Its price is that the leaves of the user
  /// halves are dropped too.
  @inlinable
  public func mergesSpaces(on iommu: Int) throws(P.Interruption) -> Bool {
    try control.load(.deviceTLBs, of: iommu) == 0
  }

  /// Puts a request into the queue of an IOMMU, device TLBs after the IOTLB.
  @inlinable
  @inline(__always)
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    guard let pasid = request.pasid else {
      try queue.put(.translations(ofDomain: Self.domain), on: iommu)
      return
    }
    if let range = request.range,
      try range.size &>> FrameNumber.shift
        <= 1 &<< control.load(.mostPages, of: iommu)
    {
      try putPages(of: pasid, range, leavesOnly: request.leavesOnly, iommu)
    } else {
      try queue.put(.translations(of: pasid, domain: Self.domain), on: iommu)
    }
    if try control.load(.deviceTLBs, of: iommu) > 0 {
      try putDeviceRequests(of: pasid, for: request.range, on: iommu)
    }
  }

  /// Puts a request for the pages of a range into the queue, or for all of the
  /// PASID's if their block is too large.
  @inlinable
  @inline(never)
  func putPages(
    of pasid: PASID, _ range: VirtualRange, leavesOnly: Bool, _ iommu: Int
  ) throws(P.Interruption) {
    let (address, mask) = Self.block(of: range)
    try queue.put(
      try mask <= control.load(.mostPages, of: iommu)
        ? .translations(
          of: pasid, domain: Self.domain, at: address, mask: mask,
          leavesOnly: leavesOnly)
        : .translations(of: pasid, domain: Self.domain), on: iommu)
  }

  /// Puts a wait into the queue of an IOMMU, rings its bell, and returns the
  /// wait's ticket.
  @inlinable
  @inline(__always)
  public func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    try queue.fence(iommu)
  }

  /// Waits until the IOMMU reached the ticket; false if it is void, or if the
  /// platform's patience ended.
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
