/// The queue through which an IOMMU is told what to do: a page of commands, one
/// of which stays free.
///
/// **Guarantee.** A ticket is void, and its wait fails, if anything went wrong
/// between the one before it and itself, or later but before it was looked at:
/// which of the commands in the queue an error has spared is not worth telling
/// apart. So a void ticket is declared before the error is cleared, and the
/// IOMMU goes on only then.
///
/// Commands are put into it under the sharing lock. Who waits acts on errors,
/// under the queue's own lock and no other: so a ticket is issued before it is
/// said that all is covered, and whoever finds that said finds the ticket.
@frozen
@usableFromInline
struct CommandQueue<P: IOMMUPlatform, Command: IOMMUCommand>: BitwiseCopyable,
  Sendable
{
  @usableFromInline let control: ControlFrame<P>

  @inlinable
  init(_ control: ControlFrame<P>) {
    self.control = control
  }

  @inlinable
  var platform: P { control.platform }

  /// Puts a command into the queue, where the IOMMU finds it when the bell is
  /// rung.
  ///
  /// If there is no room and none comes, the next ticket is void. The caller
  /// holds the sharing lock.
  @inlinable
  @inline(__always)
  func put(_ command: Command, on iommu: Int) throws(P.Interruption) {
    let tail = try control.load(.tail, of: iommu)
    let next = (tail &+ Command.size) & (FrameNumber.size &- 1)
    if try control.load(.head, of: iommu) == next,
      try !makeRoom(before: next, iommu)
    {
      return
    }
    try write(command, at: tail, iommu)
    try control.store(next, to: .tail, of: iommu)
  }

  /// Puts a wait into the queue, rings the bell, and returns the wait's ticket.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  @inline(__always)
  func fence(_ iommu: Int) throws(P.Interruption) -> UInt64 {
    let ticket = try control.load(.issued, of: iommu) &+ 1
    try put(
      .wait(
        writing: UInt32(truncatingIfNeeded: ticket),
        to: control.address(of: .status, iommu)), on: iommu)
    try control.store(ticket, to: .issued, of: iommu)
    try control.store(0, to: .uncovered, of: iommu)
    try ring(iommu)
    return ticket
  }

  /// Lets the IOMMU know of all that was put into the queue.
  ///
  /// The commands, and every entry that was cleared before, are visible to it
  /// before the bell: `Platform.store(_:to:)` of a register.
  @inlinable
  func ring(_ iommu: Int) throws(P.Interruption) {
    try platform.store(
      try control.load(.tail, of: iommu) &>> Command.unit,
      to: Command.tail(of: iommu))
  }

  /// Writes a command over one that the IOMMU is done with: what is after its
  /// two words is zero since the queue was made.
  @inlinable
  func write(
    _ command: Command, at offset: UInt64, _ iommu: Int
  ) throws(P.Interruption) {
    let slot =
      PhysicalAddress(try control.load(.queue, of: iommu)) + offset
    try platform.store(command.low, to: slot)
    try platform.store(command.high, to: slot + 8)
  }

  /// Waits until the IOMMU has fetched the command at `next`; false, and the
  /// next ticket is void, if it does not.
  @inlinable
  @inline(never)
  func makeRoom(
    before next: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    try control.store(1, to: .uncovered, of: iommu)
    try ring(iommu)
    var head = try head(after: next, iommu)
    if head == next {
      try recover(iommu)
      head = try self.head(after: next, iommu)
    }
    try control.store(head, to: .head, of: iommu)
    if head == next { try declareVoid(iommu) }
    return head != next
  }

  /// Where the IOMMU is once it is not at `place` any more, or the platform's
  /// patience ended.
  @inlinable
  func head(
    after place: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> UInt64 {
    let register = Command.head(of: iommu)
    try platform.await(
      IOMMUCondition(
        register, mask: .max, differsFrom: place &>> Command.unit))
    return try platform.load(register) &<< Command.unit
  }
}
