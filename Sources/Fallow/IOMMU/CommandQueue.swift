// SPDX-License-Identifier: Apache-2.0

/// The queue through which an IOMMU receives its commands: a frame of them, one
/// of which stays free.
///
/// Commands are counted from the first one on; ``QueuePositions`` says where
/// the IOMMU's registers stand after a count. The commands from one wait up to
/// the next are a *batch*, and a batch has a ``QueueTicket``.
///
/// **Guarantee.** A ticket is void, and its wait fails, if an error was handled
/// while a command of its batch may have been in the IOMMU's hands, or if a
/// command of its batch found no room. A void ticket is recorded before the
/// error is cleared, and the IOMMU goes on only then.
///
/// Commands are put into the queue under the sharing lock. A waiter handles
/// errors under the queue's own lock and no other.
@frozen
@usableFromInline
struct CommandQueue<P: IOMMUPlatform, Command: IOMMUCommand>: BitwiseCopyable,
  Sendable
{
  @usableFromInline let control: ControlFrame<P>

  /// How the IOMMU reports that a wait is completed.
  @usableFromInline let completion: QueueCompletion

  @inlinable
  init(
    _ control: ControlFrame<P>, completion: QueueCompletion = .statusWord
  ) {
    self.control = control
    self.completion = completion
  }

  @inlinable
  var platform: P { control.platform }

  /// Puts a command into the queue, where the IOMMU finds it after the next
  /// ``ring(_:)``.
  ///
  /// If there is no room and none comes, the batch is void. The caller holds
  /// the sharing lock.
  @inlinable
  @inline(__always)
  func put(_ command: Command, on iommu: Int) throws(P.Interruption) {
    let tail = try control.load(.tail, of: iommu)
    let full = Command.positions.capacity &- 1
    if try tail &- control.load(.head, of: iommu) >= full,
      try !makeRoom(iommu)
    {
      return
    }
    // Guard: descriptor-before-bell
    try write(command, at: tail, iommu)
    try control.store(tail &+ 1, to: .tail, of: iommu)
  }

  /// Puts a command into the queue that separates those before it from those
  /// after it.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func order(_ iommu: Int) throws(P.Interruption) {
    try put(.order(scratch: control.address(of: .scratch, iommu)), on: iommu)
  }

  /// Ends the batch by a wait, rings the bell, and returns the batch's ticket.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  @inline(__always)
  func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    let since = try control.load(.batch, of: iommu)
    let count = try control.load(.tail, of: iommu) &+ 1
    try put(
      .wait(
        writing: UInt32(truncatingIfNeeded: count),
        to: control.address(of: .status, iommu)), on: iommu)
    let reached = try control.load(.tail, of: iommu)
    try control.store(reached, to: .batch, of: iommu)
    try ring(iommu)
    return QueueTicket(since: since, reached: reached).rawValue
  }

  /// Makes all that was put into the queue known to the IOMMU.
  ///
  /// The commands, and every entry that was cleared before, are visible to it
  /// before the bell: `Platform.store(_:to:)` of a register. What it may fetch
  /// is recorded first, for a waiter that handles an error.
  @inlinable
  func ring(_ iommu: Int) throws(P.Interruption) {
    let tail = try control.load(.tail, of: iommu)
    try control.store(tail, to: .rung, of: iommu)
    try platform.store(
      Command.positions.position(of: tail), to: Command.tail(of: iommu))
  }

  /// Writes the command that `count` others came before, over one that the
  /// IOMMU is done with.
  ///
  /// What comes after its two words is zero since the queue was made.
  @inlinable
  func write(
    _ command: Command, at count: UInt64, _ iommu: Int
  ) throws(P.Interruption) {
    let slot =
      PhysicalAddress(try control.load(.queue, of: iommu))
      + Command.positions.index(of: count) &* Command.size
    try platform.store(command.low, to: slot)
    try platform.store(command.high, to: slot + 8)
  }

  /// Returns whether a command may be written at the tail; if not, the batch is
  /// void.
  ///
  /// It waits only while the batch may still succeed, and once: an IOMMU that
  /// fetches nothing delays the holder of the sharing lock for one patience,
  /// whatever the number of commands, and ``abandon(_:)`` ends that wait.
  @inlinable
  @inline(never)
  func makeRoom(_ iommu: Int) throws(P.Interruption) -> Bool {
    try ring(iommu)
    try keepFailuresRecent(iommu)
    let tail = try control.load(.tail, of: iommu)
    let batch = QueueTicket(
      since: try control.load(.batch, of: iommu), reached: tail)
    var hasWaited = false
    while true {
      try platform.attempt()
      let head = try platform.load(Command.head(of: iommu))
      let fetched = Command.positions.count(at: head, upTo: tail)
      if tail &- fetched < Command.positions.capacity &- 1 {
        try control.store(fetched, to: .head, of: iommu)
        return true
      }
      if try hasErrors(iommu) { try recover(iommu) }
      if try batch.isVoid(if: control.load(.failed, of: iommu)) {
        return false
      }
      if hasWaited {
        try makeVoid(upTo: tail &+ 1, iommu)
        return false
      }
      hasWaited = true
      try platform.await(
        IOMMUCondition(
          Command.head(of: iommu), mask: Command.positions.mask,
          differsFrom: head & Command.positions.mask,
          orWord: control.address(of: .failed, iommu),
          reaches: UInt32(truncatingIfNeeded: tail &+ 1)))
    }
  }

  /// Keeps the count of void commands within the distance that tickets can be
  /// compared over.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func keepFailuresRecent(_ iommu: Int) throws(P.Interruption) {
    let tail = try control.load(.tail, of: iommu)
    let distance: UInt64 = 1 &<< 30
    if tail > distance,
      try control.load(.failed, of: iommu) < tail &- distance
    {
      try makeVoid(upTo: tail &- distance, iommu)
    }
  }
}

/// How an IOMMU reports that a wait is completed.
@frozen
@usableFromInline
enum QueueCompletion: BitwiseCopyable, Sendable {
  /// It writes the wait's number to a word in memory.
  case statusWord
  /// Its head passes the wait.
  case head
}
