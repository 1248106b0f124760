/// Waiting for an IOMMU, and what is done if something goes wrong meanwhile.
extension CommandQueue {
  /// Waits until the IOMMU reached the ticket; false if it is void, or if the
  /// platform's patience ended.
  @inlinable
  @inline(__always)
  func wait(
    for ticket: UInt64, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    var hasWaited = false
    while true {
      try platform.attempt()
      if try hasReached(ticket, iommu) {
        // Looked at after the status: it was written first.
        return try control.load(.failed, of: iommu) < ticket
      }
      if try !isToLookAgain(for: ticket, on: iommu, &hasWaited) {
        return false
      }
    }
  }

  /// Acts on errors, and sleeps until there is something to look at; false if
  /// the ticket is void, or if nothing has come of sleeping.
  @inlinable
  @inline(never)
  func isToLookAgain(
    for ticket: UInt64, on iommu: Int, _ hasWaited: inout Bool
  ) throws(P.Interruption) -> Bool {
    let errors = Command.errors(of: iommu)
    if try platform.load(errors) & Command.errorBits != 0 {
      try recover(iommu)
    }
    if try control.load(.failed, of: iommu) >= ticket || hasWaited {
      return false
    }
    try platform.await(
      IOMMUCondition(
        errors, mask: Command.errorBits, differsFrom: 0,
        orWord: control.address(of: .status, iommu),
        reaches: UInt32(truncatingIfNeeded: ticket)))
    if try hasReached(ticket, iommu) { return true }
    hasWaited = try platform.load(errors) & Command.errorBits == 0
    return true
  }

  @inlinable
  func hasReached(
    _ ticket: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    IOMMUCondition.hasReached(try control.load(.status, of: iommu), ticket)
  }

  /// Acts on an error of the queue: what is in it is void, and the IOMMU goes
  /// on.
  ///
  /// A command that is not valid is replaced by one that does nothing. With
  /// others, any wait that the IOMMU had fetched may be lost: VT-d, where a
  /// device does not answer in time, drops all of them.
  @inlinable
  func recover(_ iommu: Int) throws(P.Interruption) {
    let platform = platform
    try platform.lock(.queue(of: iommu))
    let register = Command.errors(of: iommu)
    let errors = try platform.load(register) & Command.errorBits
    if errors != 0 {
      // The next ticket as well, if the IOMMU has some of what it is to cover;
      // read before the last ticket, which is written first.
      let uncovered = try control.load(.uncovered, of: iommu)
      try control.store(
        try control.load(.issued, of: iommu) &+ uncovered, to: .failed,
        of: iommu)
      if errors & Command.invalidCommand != 0 {
        let head = try platform.load(Command.head(of: iommu))
        try write(
          .nothing(scratch: control.address(of: .scratch, iommu)),
          at: head &<< Command.unit, iommu)
      }
      try platform.store(errors | Command.lastingBits, to: register)
    }
    try platform.unlock(.queue(of: iommu))
  }

  /// Makes the next ticket void.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func declareVoid(_ iommu: Int) throws(P.Interruption) {
    try platform.lock(.queue(of: iommu))
    try control.store(
      try control.load(.issued, of: iommu) &+ 1, to: .failed, of: iommu)
    try platform.unlock(.queue(of: iommu))
  }

  /// Empties a queue that the IOMMU has switched off; every ticket that was
  /// given out is void.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func reset(_ iommu: Int) throws(P.Interruption) {
    try control.store(
      try control.load(.issued, of: iommu), to: .failed, of: iommu)
    try control.store(0, to: .tail, of: iommu)
    try control.store(0, to: .head, of: iommu)
    try platform.store(0, to: Command.tail(of: iommu))
  }
}
