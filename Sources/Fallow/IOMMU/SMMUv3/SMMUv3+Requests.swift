// SPDX-License-Identifier: Apache-2.0

/// Invalidations of an SMMUv3.
///
/// TLBI_NH_ASID spares global leaves, and leaves of the kernel half may be
/// global; so what may mean one of those names an address, or nothing.
extension SMMUv3 {
  /// The most pages that are named one by one.
  @inlinable
  static var mostPages: UInt64 { 16 }

  /// True: one command covers every address space.
  @inlinable
  public func mergesSpaces(on iommu: Int) -> Bool { true }

  /// Puts a request into the queue of an SMMU; none for the kernel half if no
  /// device walks it.
  ///
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  @inline(__always)
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    var isUser = !walksKernelHalf
    if let range = request.range {
      if !walksKernelHalf, isInKernelHalf(range) { return }
      isUser = isInUserHalf(range)
      if range.size <= Self.mostPages &<< FrameNumber.shift {
        return try putPages(of: isUser ? request.pasid : nil, request, iommu)
      }
    }
    // Guard: smmu-global-leaves-too
    guard isUser, let pasid = request.pasid else {
      return try drop(.allTranslations, on: iommu)
    }
    try drop(
      .translations(of: try traits(of: iommu).tag(of: pasid)), on: iommu)
  }

  @inlinable
  func isInUserHalf(_ range: VirtualRange) -> Bool {
    Format.userHalf.contains(range.start)
      && Format.userHalf.contains(range.last)
  }

  @inlinable
  func isInKernelHalf(_ range: VirtualRange) -> Bool {
    kernelHalf.contains(range.start) && kernelHalf.contains(range.last)
  }

  /// Puts a request for each page of a range into the queue: of one space, or
  /// of all if `pasid` is nil.
  @inlinable
  @inline(never)
  func putPages(
    of pasid: PASID?, _ request: InvalidationRequest, _ iommu: Int
  ) throws(P.Interruption) {
    guard let range = request.range else { return }
    let traits = try traits(of: iommu)
    let tag = pasid.map { traits.tag(of: $0) }
    var offset: UInt64 = 0
    while offset < range.size {
      try drop(
        .translations(
          of: tag, at: range.start + offset,
          leavesOnly: request.leavesOnly), on: iommu)
      offset &+= FrameNumber.size
    }
  }

  /// Puts a wait into the queue of an SMMU, rings its bell, and returns the
  /// wait's ticket.
  ///
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  @inline(__always)
  public func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    try queue.fence(iommu)
  }

  /// Waits until the SMMU reached the ticket.
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
