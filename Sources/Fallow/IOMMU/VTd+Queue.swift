/// The invalidation queue: a page of 128 descriptors, one of which stays free.
///
/// A ticket is void, and its wait fails, if anything went wrong between the
/// one before it and itself, or later but before it was looked at: which of
/// the descriptors in the queue an error has spared is not worth telling apart.
/// So a void ticket is declared before the error is cleared, and the IOMMU goes
/// on only then.
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
    try load(.deviceTLBs, of: iommu) == 0
  }

  /// Puts a request into the queue of an IOMMU, device TLBs after the IOTLB.
  @inlinable
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    try platform.lock(.queue(of: iommu))
    if let pasid = request.pasid {
      let (address, mask) = Self.block(of: request.range)
      if try mask <= load(.maxAddressMask, of: iommu) {
        try put(
          .translations(
            of: pasid, domain: Self.domain, at: address, mask: mask,
            leavesOnly: request.leavesOnly), iommu)
      } else {
        try put(.translations(of: pasid, domain: Self.domain), iommu)
      }
      if try load(.deviceTLBs, of: iommu) > 0 {
        try putDeviceRequests(of: pasid, address, mask, iommu)
      }
    } else {
      try put(.translations(ofDomain: Self.domain), iommu)
    }
    try platform.unlock(.queue(of: iommu))
  }

  /// Puts a wait into the queue of an IOMMU, rings its bell, and returns the
  /// wait's ticket.
  @inlinable
  public func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    try platform.lock(.queue(of: iommu))
    let ticket = try load(.issued, of: iommu) &+ 1
    try put(
      .wait(
        writing: UInt32(truncatingIfNeeded: ticket),
        to: address(of: .status, iommu)), iommu)
    try store(ticket, to: .issued, of: iommu)
    try store(0, to: .uncovered, of: iommu)
    try ring(iommu)
    try platform.unlock(.queue(of: iommu))
    return ticket
  }

  /// Waits until the IOMMU reached the ticket; false if it is void, or if the
  /// platform's patience ended.
  @inlinable
  public func wait(
    for ticket: UInt64, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let fault = VTdRegister.faultStatus.of(iommu)
    let status = address(of: .status, iommu)
    var hasWaited = false
    while true {
      try platform.attempt()
      if IOMMUCondition.hasReached(try platform.load(status), ticket) {
        // Looked at after the status: it was written first.
        return try load(.failed, of: iommu) < ticket
      }
      if try platform.load(fault) & VTdRegister.Fault.all != 0 {
        try platform.lock(.queue(of: iommu))
        try recover(iommu)
        try platform.unlock(.queue(of: iommu))
      }
      if try load(.failed, of: iommu) >= ticket || hasWaited { return false }
      try platform.await(
        IOMMUCondition(
          fault, mask: VTdRegister.Fault.all, differsFrom: 0, orWord: status,
          reaches: UInt32(truncatingIfNeeded: ticket)))
      hasWaited = try !hasMoved(ticket, iommu)
    }
  }

  /// Whether there is something to look at again.
  @inlinable
  func hasMoved(
    _ ticket: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    if IOMMUCondition.hasReached(try load(.status, of: iommu), ticket) {
      return true
    }
    return try platform.load(VTdRegister.faultStatus.of(iommu))
      & VTdRegister.Fault.all != 0
  }

  /// Puts a descriptor into the queue, where the IOMMU finds it when the bell is
  /// rung.
  ///
  /// If there is no room and none comes, the next ticket is void. The caller
  /// holds the queue's lock.
  @inlinable
  func put(
    _ descriptor: VTdDescriptor, _ iommu: Int
  ) throws(P.Interruption) {
    let tail = try load(.tail, of: iommu)
    let next = (tail &+ VTdDescriptor.size) & (FrameNumber.size &- 1)
    if try load(.head, of: iommu) == next,
      try !makeRoom(before: next, iommu)
    {
      try store(try load(.issued, of: iommu) &+ 1, to: .failed, of: iommu)
      return
    }
    try write(
      descriptor, at: PhysicalAddress(try load(.queue, of: iommu)) + tail)
    try store(next, to: .tail, of: iommu)
  }

  /// Lets the IOMMU know of all that was put into the queue.
  ///
  /// The descriptors, and every entry that was cleared before, are visible to it
  /// before the bell: `Platform.store(_:to:)` of a register.
  @inlinable
  func ring(_ iommu: Int) throws(P.Interruption) {
    try platform.store(
      try load(.tail, of: iommu), to: VTdRegister.queueTail.of(iommu))
  }

  /// Writes a descriptor over one that the IOMMU is done with: the upper halves
  /// are zero since the queue was made.
  @inlinable
  func write(
    _ descriptor: VTdDescriptor, at slot: PhysicalAddress
  ) throws(P.Interruption) {
    try platform.store(descriptor.low, to: slot)
    try platform.store(descriptor.high, to: slot + 8)
  }

  /// Waits until the IOMMU has fetched the descriptor at `next`; false if it
  /// does not.
  @inlinable
  @inline(never)
  func makeRoom(
    before next: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    try store(1, to: .uncovered, of: iommu)
    try ring(iommu)
    let register = VTdRegister.queueHead.of(iommu)
    if try platform.load(register) == next {
      try platform.await(
        IOMMUCondition(register, mask: .max, differsFrom: next))
    }
    if try platform.load(register) == next {
      try recover(iommu)
      try platform.await(
        IOMMUCondition(register, mask: .max, differsFrom: next))
    }
    let head = try platform.load(register)
    try store(head, to: .head, of: iommu)
    return head != next
  }

  /// Acts on an error of the queue: what is in it is void, and the IOMMU goes
  /// on.
  ///
  /// A descriptor that is not valid is replaced by one that does nothing. A
  /// device that did not answer in time takes every wait with it that the
  /// IOMMU had fetched: those are void too. The caller holds the queue's lock.
  @inlinable
  func recover(_ iommu: Int) throws(P.Interruption) {
    let fault = VTdRegister.faultStatus.of(iommu)
    let errors = try platform.load(fault) & VTdRegister.Fault.all
    if errors == 0 { return }
    // The next ticket as well, if the IOMMU has some of what it is to cover.
    let uncovered = try load(.uncovered, of: iommu)
    try store(
      try load(.issued, of: iommu) &+ uncovered, to: .failed, of: iommu)
    if errors & VTdRegister.Fault.queue != 0 {
      let head = try platform.load(VTdRegister.queueHead.of(iommu))
      try write(
        .wait(writing: 0, to: address(of: .scratch, iommu)),
        at: PhysicalAddress(try load(.queue, of: iommu)) + head)
    }
    try platform.store(errors, to: fault)
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
