// SPDX-License-Identifier: Apache-2.0

/// Invalidations of a RISC-V IOMMU.
///
/// IOTINVAL.VMA spares global leaves where a PSCID is named, and what is not a
/// leaf where an address is: section "IOMMU Page-Table cache invalidation
/// commands". So a request that may mean a global leaf names no PSCID, and one
/// that means tables no address.
extension RISCVIOMMU {
  /// The most pages for which leaves are named one by one.
  @inlinable
  static var mostPages: UInt64 { 16 }

  /// True: one command covers every address space.
  @inlinable
  public func mergesSpaces(on iommu: Int) -> Bool { true }

  /// Puts a request into the queue of an IOMMU.
  ///
  /// Pages are named only where leaves alone are to go, and few: QEMU 10.0.2
  /// keeps the rest of a large leaf of which one page was named.
  ///
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  @inline(__always)
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    guard let range = request.range, let pasid = request.pasid,
      range.size > 0
    else { return try queue.put(.allTranslations, on: iommu) }
    // Leaves of user halves are not global.
    let isUser =
      Format.userHalf.contains(range.last)
      && Format.userHalf.contains(range.start)
    // Guard: riscv-global-leaves-too
    let tag = isUser ? Self.tag(of: pasid) : nil
    if request.leavesOnly,
      range.size <= Self.mostPages &<< FrameNumber.shift
    {
      try putLeaves(of: tag, range, iommu)
    } else {
      try queue.put(
        tag.map(RISCVIOMMUCommand.translations(of:)) ?? .allTranslations,
        on: iommu)
    }
  }

  @inlinable
  @inline(never)
  func putLeaves(
    of tag: UInt32?, _ range: VirtualRange, _ iommu: Int
  ) throws(P.Interruption) {
    var offset: UInt64 = 0
    while offset < range.size {
      try queue.put(.leaves(of: tag, at: range.start + offset), on: iommu)
      offset &+= FrameNumber.size
    }
  }

  /// The PSCID of a space.
  @inlinable
  static func tag(of pasid: PASID) -> UInt32 {
    pasid.tagWithoutPASID.map(UInt32.init) ?? pasid.rawValue
  }

  /// Puts a fence into the queue of an IOMMU, rings its bell, and returns the
  /// fence's ticket.
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
}
