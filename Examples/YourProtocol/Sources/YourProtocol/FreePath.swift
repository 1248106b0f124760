internal import Fallow
public import FallowExplorer

/// A kernel's own way to make and free page tables, as plain functions over a
/// platform: nothing of the library's address spaces or schemes.
///
/// One table of two entries hangs from each entry of a root.
public struct FreePath: Model {
  /// When the entry is cleared.
  public enum Order: Sendable {
    /// Before the table is queued, as it must be.
    case clearThenQueue
    /// After it, as at several places in Linux.
    case queueThenClear
  }

  let machine: SteppingMachine
  let order: Order

  /// The protocol on `machine`.
  public init(on machine: SteppingMachine, order: Order) {
    self.machine = machine
    self.order = order
  }

  /// Performs an operation that an actor of the search has begun.
  public func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    switch operation {
    case .map: return try map(slot)
    case .unmap: return try unmap(slot)
    case .reclaim: return try reclaim()
    default: throw machine.unknown(operation)
    }
  }

  private func map(_ slot: Slot) throws(Stop) -> Bool {
    let table = try machine.allocate(order: 0)
    if table == .none { return false }
    // The explorer's oracles read what a frame is from its descriptor.
    try machine.describe(table, as: .linked)
    try machine.fill(table.address, count: 2, first: 0, step: 0)
    try machine.store(slot.leaf, to: table.address + slot.leafOffset)
    try machine.store(table.address.rawValue | 1, to: slot.rootEntry)
    return true
  }

  private func unmap(_ slot: Slot) throws(Stop) -> Bool {
    let entry = try machine.load(slot.rootEntry)
    let table = FrameNumber(containing: PhysicalAddress(entry))
    if order == .queueThenClear { try queue(table) }
    _ = try machine.exchange(0, at: slot.rootEntry)
    try machine.flushCPUs(slot.range)
    if order == .clearThenQueue { try queue(table) }
    return true
  }

  private func queue(_ table: FrameNumber) throws(Stop) {
    try machine.describe(table, as: .quarantined)
    try machine.lock(.foreignList)
    let head = try machine.load(.foreignList)
    try machine.store(head, to: .link, of: table)
    _ = try machine.exchange(table.rawValue &+ 1, at: .foreignList)
    try machine.unlock(.foreignList)
    try machine.scheduleWorker(after: 0)
  }

  private func reclaim() throws(Stop) -> Bool {
    try machine.lock(.foreignList)
    var head = try machine.exchange(0, at: .foreignList)
    try machine.unlock(.foreignList)
    if head == 0 { return true }
    guard try machine.sharing().invalidateKernelHalf() else {
      // An IOMMU did not answer: nothing is freed, and the worker tries again.
      return try queueAgain(FrameNumber(head &- 1))
    }
    while head != 0 {
      let table = FrameNumber(head &- 1)
      head = try machine.load(.link, of: table)
      try machine.free(table, order: 0)
    }
    return true
  }

  private func queueAgain(_ first: FrameNumber) throws(Stop) -> Bool {
    var next: UInt64 = first.rawValue &+ 1
    while next != 0 {
      let table = FrameNumber(next &- 1)
      next = try machine.load(.link, of: table)
      try queue(table)
    }
    return true
  }
}
