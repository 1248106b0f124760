// SPDX-License-Identifier: Apache-2.0

/// Waiting for an IOMMU, and handling its errors.
extension CommandQueue {
  /// Waits until the IOMMU completed the ticket's batch.
  ///
  /// - Returns: False if the ticket is void, or if the platform's patience
  ///   ended.
  @inlinable
  @inline(__always)
  func wait(
    for ticket: UInt64, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let ticket = QueueTicket(rawValue: ticket)
    var hasWaited = false
    while true {
      try platform.attempt()
      if try ticket.isReached(at: completed(iommu)) {
        // Loaded after the status: it was written first.
        return try !ticket.isVoid(if: control.load(.failed, of: iommu))
      }
      if try !recoverAndWait(for: ticket, on: iommu, &hasWaited) {
        return false
      }
    }
  }

  /// Handles errors and sleeps until there is something to look at.
  ///
  /// - Returns: False if the ticket is void, or if nothing has come of
  ///   sleeping.
  @inlinable
  @inline(never)
  func recoverAndWait(
    for ticket: QueueTicket, on iommu: Int, _ hasWaited: inout Bool
  ) throws(P.Interruption) -> Bool {
    if try hasErrors(iommu) { try recover(iommu) }
    if try ticket.isVoid(if: control.load(.failed, of: iommu)) || hasWaited {
      return false
    }
    let before = try completion == .head ? completed(iommu) : 0
    try platform.await(progress(iommu, before: before, ticket))
    let after = try completed(iommu)
    if ticket.isReached(at: after) { return true }
    let hasMoved = completion == .head && after != before
    hasWaited = try !hasErrors(iommu) && !hasMoved
    return true
  }

  /// What a waiter sleeps for: the wait's own completion or an error, or, where
  /// only the head reports completion, a head that moves.
  @inlinable
  func progress(
    _ iommu: Int, before: UInt64, _ ticket: QueueTicket
  ) throws(P.Interruption) -> IOMMUCondition {
    switch completion {
    case .statusWord:
      IOMMUCondition(
        Command.errorRegister(of: iommu), mask: Command.errorMask,
        differsFrom: try Command.quietErrors(of: iommu, on: platform),
        orWord: control.address(of: .status, iommu),
        reaches: UInt32(truncatingIfNeeded: ticket.rawValue))
    case .head:
      IOMMUCondition(
        Command.head(of: iommu), mask: Command.positions.mask,
        differsFrom: Command.positions.position(of: before))
    }
  }

  /// The number of the last wait that is completed, or a number beyond it that
  /// is below the next.
  @inlinable
  func completed(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    switch completion {
    case .statusWord: return try control.load(.status, of: iommu)
    case .head:
      while true {
        try platform.attempt()
        let rung = try control.load(.rung, of: iommu)
        let head = try platform.load(Command.head(of: iommu))
        // What is rung between the two would make an older head seem newer.
        if try control.load(.rung, of: iommu) == rung {
          return Command.positions.count(at: head, upTo: rung)
        }
      }
    }
  }

  /// Whether the IOMMU stands still until its errors are handled.
  @inlinable
  func hasErrors(_ iommu: Int) throws(P.Interruption) -> Bool {
    let reported = try platform.load(Command.errorRegister(of: iommu))
    return try reported & Command.errorMask
      != Command.quietErrors(of: iommu, on: platform)
  }

  /// Handles an error of the queue: all that the IOMMU may have fetched is
  /// void, and it goes on.
  ///
  /// A command that is not valid is replaced by one that does nothing. With
  /// other errors any wait that the IOMMU had fetched may be lost: VT-d, where
  /// a device does not answer in time, drops all of them.
  @inlinable
  func recover(_ iommu: Int) throws(P.Interruption) {
    let platform = platform
    try platform.lock(.queue(of: iommu))
    let reported = try platform.load(Command.errorRegister(of: iommu))
    if try reported & Command.errorMask
      != Command.quietErrors(of: iommu, on: platform)
    {
      // Loaded after the error: the command that caused it was rung before.
      let rung = try control.load(.rung, of: iommu)
      try raiseFailed(to: rung, iommu)
      let head = try platform.load(Command.head(of: iommu))
      if Command.isInvalidCommand(reported, head: head) {
        try write(
          .order(scratch: control.address(of: .scratch, iommu)),
          at: Command.positions.count(at: head, upTo: rung), iommu)
      }
      try Command.acknowledge(reported, of: iommu, on: platform)
    }
    try platform.unlock(.queue(of: iommu))
  }

  /// Makes the first `count` commands void.
  @inlinable
  func makeVoid(upTo count: UInt64, _ iommu: Int) throws(P.Interruption) {
    let platform = platform
    try platform.lock(.queue(of: iommu))
    try raiseFailed(to: count, iommu)
    try platform.unlock(.queue(of: iommu))
  }

  /// The caller holds the queue's lock.
  @inlinable
  func raiseFailed(to count: UInt64, _ iommu: Int) throws(P.Interruption) {
    if try control.load(.failed, of: iommu) < count {
      try control.store(count, to: .failed, of: iommu)
    }
  }

  /// Makes every ticket void that was given out, and every batch that begins
  /// before the IOMMU fetches another command.
  ///
  /// It needs no lock that a waiter holds, and a caller that waits for room
  /// under the sharing lock gives up at once.
  @inlinable
  func abandon(_ iommu: Int) throws(P.Interruption) {
    let platform = platform
    try platform.lock(.queue(of: iommu))
    try raiseFailed(to: try control.load(.rung, of: iommu) &+ 1, iommu)
    try platform.unlock(.queue(of: iommu))
  }

  /// Empties a queue that the IOMMU has switched off; every ticket that was
  /// given out is void.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func reset(_ iommu: Int) throws(P.Interruption) {
    let count = Command.positions.nextTurn(
      after: try control.load(.tail, of: iommu))
    try control.store(count, to: .failed, of: iommu)
    try control.store(count, to: .rung, of: iommu)
    try control.store(count, to: .batch, of: iommu)
    try control.store(count, to: .tail, of: iommu)
    try control.store(count, to: .head, of: iommu)
    try platform.store(0, to: Command.tail(of: iommu))
  }
}
