/// What a RISC-V IOMMU is asked to forget.
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
  /// keeps the rest of a large leaf of which one page was named, and a request
  /// for tables is to reach all of them.
  @inlinable
  @inline(__always)
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    guard let pasid = request.pasid else {
      try queue.put(.allTranslations, on: iommu)
      return
    }
    guard let range = request.range, request.leavesOnly,
      range.size <= Self.mostPages &<< FrameNumber.shift
    else {
      try queue.put(.translations(of: pasid), on: iommu)
      return
    }
    var offset: UInt64 = 0
    while offset < range.size {
      try queue.put(
        .translation(of: pasid, at: range.start + offset), on: iommu)
      offset &+= FrameNumber.size
    }
  }

  /// Puts a fence into the queue of an IOMMU, rings its bell, and returns the
  /// fence's ticket.
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
}
