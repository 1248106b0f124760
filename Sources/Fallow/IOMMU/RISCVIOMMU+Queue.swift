/// The command queue: a page of 256 commands, one of which stays free.
///
/// A ticket is void, and its wait fails, if anything went wrong between the one
/// before it and itself, or later but before it was looked at. A void ticket is
/// declared before the error is cleared, and the IOMMU goes on only then.
extension RISCVIOMMU {
  @inlinable
  static var queueMask: UInt64 { 255 }

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
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(P.Interruption) {
    try platform.lock(.queue(of: iommu))
    if let pasid = request.pasid {
      if let range = request.range, request.leavesOnly,
        range.size <= Self.mostPages &<< FrameNumber.shift
      {
        var offset: UInt64 = 0
        while offset < range.size {
          try put(.translation(of: pasid, at: range.start + offset), iommu)
          offset &+= FrameNumber.size
        }
      } else {
        try put(.translations(of: pasid), iommu)
      }
    } else {
      try put(.allTranslations, iommu)
    }
    try platform.unlock(.queue(of: iommu))
  }

  /// Puts a fence into the queue of an IOMMU and returns its ticket.
  @inlinable
  public func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    try platform.lock(.queue(of: iommu))
    let ticket = try load(.issued, of: iommu) &+ 1
    try put(
      .fence(
        writing: UInt32(truncatingIfNeeded: ticket),
        to: address(of: .status, iommu)), iommu)
    try store(ticket, to: .issued, of: iommu)
    try platform.unlock(.queue(of: iommu))
    return ticket
  }

  /// Waits until the IOMMU reached the ticket; false if it is void, or if the
  /// platform's patience ended.
  @inlinable
  public func wait(
    for ticket: UInt64, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let control = RISCVIOMMURegister.queueControl.of(iommu)
    let errors = RISCVIOMMURegister.Queue.errors
    let status = address(of: .status, iommu)
    var hasWaited = false
    while true {
      try platform.attempt()
      if IOMMUCondition.hasReached(try platform.load(status), ticket) {
        // Looked at after the status: it was written first.
        return try load(.failed, of: iommu) < ticket
      }
      if try platform.load(control) & errors != 0 {
        try platform.lock(.queue(of: iommu))
        try recover(iommu)
        try platform.unlock(.queue(of: iommu))
      }
      if try load(.failed, of: iommu) >= ticket || hasWaited { return false }
      try platform.await(
        IOMMUCondition(
          control, mask: errors, differsFrom: 0, orWord: status,
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
    let control = try platform.load(
      RISCVIOMMURegister.queueControl.of(iommu))
    return control & RISCVIOMMURegister.Queue.errors != 0
  }

  /// Puts a command into the queue and rings the bell.
  ///
  /// If there is no room and none comes, the next ticket is void. The caller
  /// holds the queue's lock.
  @inlinable
  func put(
    _ command: RISCVIOMMUCommand, _ iommu: Int
  ) throws(P.Interruption) {
    let tail = try load(.tail, of: iommu)
    let next = (tail &+ 1) & Self.queueMask
    guard try hasRoom(before: next, iommu) else {
      try store(try load(.issued, of: iommu) &+ 1, to: .failed, of: iommu)
      return
    }
    try write(command, at: tail, iommu)
    try store(next, to: .tail, of: iommu)
    // The command, and every entry that was cleared before, is visible to the
    // IOMMU before the bell: `Platform.store(_:to:)` of a register.
    try platform.store(next, to: RISCVIOMMURegister.queueTail.of(iommu))
  }

  @inlinable
  func write(
    _ command: RISCVIOMMUCommand, at index: UInt64, _ iommu: Int
  ) throws(P.Interruption) {
    let slot =
      PhysicalAddress(try load(.queue, of: iommu))
      + index &* RISCVIOMMUCommand.size
    try platform.store(command.low, to: slot)
    try platform.store(command.high, to: slot + 8)
  }

  /// Waits until the IOMMU has fetched the command at `next`; false if it does
  /// not.
  @inlinable
  func hasRoom(
    before next: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    let head = RISCVIOMMURegister.queueHead.of(iommu)
    if try platform.load(head) != next { return true }
    try platform.await(IOMMUCondition(head, mask: .max, differsFrom: next))
    if try platform.load(head) != next { return true }
    try recover(iommu)
    try platform.await(IOMMUCondition(head, mask: .max, differsFrom: next))
    return try platform.load(head) != next
  }

  /// Acts on an error of the queue: what is in it is void, and the IOMMU goes
  /// on; a command that is not legal is replaced by a fence.
  ///
  /// The caller holds the queue's lock.
  @inlinable
  func recover(_ iommu: Int) throws(P.Interruption) {
    let control = RISCVIOMMURegister.queueControl.of(iommu)
    let found = try platform.load(control) & RISCVIOMMURegister.Queue.errors
    if found == 0 { return }
    // The next ticket as well: what it is to cover may be in the queue already.
    try store(try load(.issued, of: iommu) &+ 1, to: .failed, of: iommu)
    if found & RISCVIOMMURegister.Queue.illegal != 0 {
      let head = try platform.load(RISCVIOMMURegister.queueHead.of(iommu))
      try write(.fence, at: head, iommu)
    }
    try platform.store(
      RISCVIOMMURegister.Queue.enable | found, to: control)
  }
}
