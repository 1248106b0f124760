// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The life of one table under one entry of the root, for protocols that are
/// not the library's own.
///
/// What differs between protocols is the order of these steps, and what comes
/// between them. They are ordinary code over the accesses of the machine.
extension SteppingMachine {
  /// Takes a frame and makes it a table that maps the first page of `slot`.
  ///
  /// - Parameter slot: The slot.
  /// - Returns: The table, or nil if no frame is free.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func makeTable(for slot: Slot) throws(Stop) -> FrameNumber? {
    let table = try allocate(order: 0)
    if table == .none { return nil }
    try describe(table, as: .linked)
    try fill(table.address, count: entriesPerTable, first: 0, step: 0)
    try store(slot.leaf, to: table.address + slot.leafOffset)
    return table
  }

  /// Stores the entry by which walkers come to a table.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - entry: The physical address of the entry.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func link(_ table: FrameNumber, at entry: PhysicalAddress)
    throws(Stop)
  {
    try store(slotEntry(of: table), to: entry)
  }

  private func slotEntry(of table: FrameNumber) -> UInt64 {
    TinyFormat<TwoByTwo>.tableEntry(
      pointingTo: table.address, isKernel: true)
  }

  /// The table that an entry leads to; nil if it leads to none.
  ///
  /// - Parameter entry: The physical address of the entry.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func table(at entry: PhysicalAddress) throws(Stop) -> FrameNumber? {
    let value = try load(entry)
    return TinyEntry.table(in: value) < 0
      ? nil : FrameNumber(containing: PhysicalAddress(value))
  }

  /// Pushes a table onto a list, under a lock.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - head: The word that the list begins at.
  ///   - lock: The lock, which the caller does not hold.
  /// - Returns: Whether the list was empty.
  /// - Throws: ``Stop``, where the actor's turn ends.
  @discardableResult
  public func push(
    _ table: FrameNumber, onto head: KernelWord = .foreignList,
    under lock: KernelLock = .foreignList
  ) throws(Stop) -> Bool {
    try self.lock(lock)
    let first = try load(head)
    try store(first, to: .link, of: table)
    _ = try exchange(table.rawValue &+ 1, at: head)
    try unlock(lock)
    return first == 0
  }

  /// Takes a whole list, under a lock.
  ///
  /// - Parameters:
  ///   - head: The word that the list begins at.
  ///   - lock: The lock, which the caller does not hold.
  /// - Returns: Its first table; nil if the list was empty.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func takeAll(
    from head: KernelWord = .foreignList,
    under lock: KernelLock = .foreignList
  ) throws(Stop) -> FrameNumber? {
    try self.lock(lock)
    let first = try exchange(0, at: head)
    try unlock(lock)
    return first == 0 ? nil : FrameNumber(first &- 1)
  }

  /// Frees a table and those that follow it on its list.
  ///
  /// - Parameter first: The first table.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func releaseAll(from first: FrameNumber) throws(Stop) {
    var table: FrameNumber? = first
    while let current = table {
      let next = try load(.link, of: current)
      table = next == 0 ? nil : FrameNumber(next &- 1)
      try free(current, order: 0)
    }
  }

  /// How many entries a table has.
  public var entriesPerTable: Int { core.layout.entriesPerTable }
}
