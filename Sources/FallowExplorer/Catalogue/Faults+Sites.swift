// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// A call site that does one thing wrong, beside operations of the library.
struct FaultySite: Model {
  /// What is done wrong.
  enum Fault: UInt8, Sendable {
    /// The table is freed, and only then its entry is cleared.
    case freesBeforeClear
    /// The table is handed to the worker, and only then its entry is cleared.
    case queuesBeforeClear
    /// The frame of the entry is freed, not the one that it points to.
    case wrongFrame
    /// The table is linked before it has the mark.
    case marksLate
    /// The table never gets the mark.
    case neverMarks
    /// The CPUs are not flushed.
    case noCPUFlush
    /// The CPUs are flushed before the entry is cleared.
    case flushesCPUsFirst
    /// The table is queued twice.
    case queuesTwice
    /// The table is neither freed nor queued.
    case forgets
    /// The table is freed at once, with the CPUs flushed.
    case freesAtOnce
    /// An invalidation is scheduled, and the table is freed at once.
    case freesWhileScheduled
    /// The reader holds a table across a read section.
    case readsOutsideSection
    /// A quarantined table's entries are zeroed.
    case zeroesInQuarantine
    /// The destructor runs twice.
    case destructsTwice
    /// An invalidation for a table that no one could ever reach.
    case invalidatesForNothing
    /// Whether anyone shares is looked at before the entry is cleared.
    case looksBeforeClearing
    /// A table is hung up elsewhere, and no walker is asked.
    case relinks
    /// A link is stored over what another may have linked meanwhile.
    case linksBlindly
    /// A table is linked with what its frame held before.
    case linksUnfilled
    /// A writer holds on to a table outside a read section.
    case writesLate
    /// A token is dropped.
    case drops
    /// The entry is cleared by a mere store.
    case clearsByStore
    /// The same with the fence after the look whether anyone shares.
    case looksPastClearing
  }

  let library: LibraryModel<TwoByTwo, Reclaimer<SteppingDriver>, SteppingDriver>
  let fault: Fault

  private var machine: SteppingMachine { library.space.platform }
  private typealias Format = TinyFormat<TwoByTwo>

  func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    switch operation {
    case .map: try map(slot)
    case .unmap: try unmap(slot)
    case .translate where fault == .readsOutsideSection: try read(slot)
    case .translate where fault == .writesLate: try write(slot)
    case .reclaim where fault == .freesWhileScheduled:
      try invalidate()
    default: try library.perform(operation, on: slot)
    }
  }

  private func invalidate() throws(Stop) -> Bool {
    try library.space.scheme.sharing.invalidateKernelHalf()
  }

  private func root(_ slot: Slot) -> PhysicalAddress {
    Format.slot(
      for: slot.range.start, in: library.space.root, level: Format.levels)
  }

  // MARK: Mapping

  private func map(_ slot: Slot) throws(Stop) -> Bool {
    switch fault {
    case .marksLate, .neverMarks, .linksBlindly, .linksUnfilled: break
    case .invalidatesForNothing:
      let table = try ConstructedTable<SteppingMachine, KernelHalf>.make(
        on: machine, level: 1, entries: Format.entriesPerTable)
      guard let table else { return false }
      _ = try invalidate()
      try table.release()
      return try library.perform(.map, on: slot)
    default: return try library.perform(.map, on: slot)
    }
    if fault == .linksBlindly, try machine.load(root(slot)) != 0 {
      return try library.perform(.map, on: slot)
    }
    let frame = try machine.allocate(order: 0)
    if frame == .none { return false }
    if fault != .linksUnfilled {
      try machine.fill(
        frame.address, count: Format.entriesPerTable, first: 0, step: 0)
    }
    var word = TypeWord.table(of: KernelHalf.self, level: 1, order: 0)
    word.state = .linked
    word[.kernelMark] = fault == .linksBlindly || fault == .linksUnfilled
    let entry = Format.tableEntry(
      pointingTo: frame.address, isKernel: true)
    let leaf = Format.leafEntry(
      mapping: slot.target, level: 1, attributes: .none)
    let leafSlot = Format.slot(for: slot.range.start, in: frame, level: 1)
    try machine.store(1, to: .entryCount, of: frame)
    try machine.store(UInt64(word.rawValue), to: .typeWord, of: frame)
    try machine.store(leaf, to: leafSlot)
    try machine.store(entry, to: root(slot))
    word[.kernelMark] = fault != .neverMarks
    try machine.store(UInt64(word.rawValue), to: .typeWord, of: frame)
    return true
  }

  // MARK: Unmapping

  private func unmap(_ slot: Slot) throws(Stop) -> Bool {
    switch fault {
    case .marksLate, .neverMarks, .readsOutsideSection,
      .invalidatesForNothing, .linksBlindly, .linksUnfilled, .writesLate:
      return try library.perform(.unmap, on: slot)
    default: break
    }
    let entrySlot = root(slot)
    let entry = try machine.load(entrySlot)
    guard entry != 0 else { return false }
    let table = FrameNumber(containing: Format.address(in: entry, level: 2))
    if fault == .freesBeforeClear {
      try move(table, to: .released)
      try machine.free(table, order: 0)
      try clear(entrySlot)
      return true
    }
    if fault == .queuesBeforeClear {
      try retire(table)
      try clear(entrySlot)
      return true
    }
    var isUnused =
      fault == .looksBeforeClearing ? try library.sharing.isUnused() : false
    if fault == .flushesCPUsFirst { try machine.flushCPUs(slot.range) }
    if fault == .clearsByStore || fault == .looksPastClearing {
      try machine.store(0, to: entrySlot)
    } else {
      _ = try machine.exchange(0, at: entrySlot)
    }
    if fault == .looksPastClearing {
      isUnused = try library.sharing.isUnused()
      _ = try machine.exchange(0, at: entrySlot)
    }
    if fault != .noCPUFlush && fault != .flushesCPUsFirst {
      try machine.flushCPUs(slot.range)
    }
    switch fault {
    case .wrongFrame:
      try retire(library.space.root)
    case .forgets: break
    case .drops:
      let token = try ConstructedTable<SteppingMachine, KernelHalf>.make(
        on: machine, level: 1, entries: Format.entriesPerTable)
      _ = consume token
    case .relinks:
      let other = Format.slot(
        for: VirtualAddress(
          slot.range.start.rawValue ^ 1 << (FrameNumber.shift + 1)),
        in: library.space.root, level: Format.levels)
      _ = try machine.compareExchange(other, expected: 0, desired: entry)
      try machine.flushCPUs(slot.range)
    case .looksBeforeClearing where !isUnused,
      .looksPastClearing where !isUnused:
      try retire(table)
    case .freesAtOnce, .looksBeforeClearing, .looksPastClearing:
      try move(table, to: .released)
      try machine.free(table, order: 0)
    case .freesWhileScheduled:
      try machine.scheduleWorker(after: 0)
      try move(table, to: .released)
      try machine.free(table, order: 0)
    case .queuesTwice:
      try retire(table)
      try retire(table)
    case .zeroesInQuarantine:
      try move(table, to: .quarantined)
      try machine.store(0, to: table.address)
      try machine.store(0, to: table.address + 8)
      try push(table)
    case .destructsTwice:
      try retire(table, destructs: true)
    default: try retire(table)
    }
    return true
  }

  private func clear(_ entry: PhysicalAddress) throws(Stop) {
    _ = try machine.exchange(0, at: entry)
    try machine.flushCPUs(Format.kernelHalf)
  }

  private func move(
    _ table: FrameNumber, to state: TableState
  ) throws(Stop) {
    var word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: try machine.load(.typeWord, of: table)))
    word.state = state
    try machine.store(UInt64(word.rawValue), to: .typeWord, of: table)
  }

  private func retire(
    _ table: FrameNumber, destructs: Bool = false
  ) throws(Stop) {
    let word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: try machine.load(.typeWord, of: table)))
    if word.state == .quarantined || destructs && word.state != .unlinked {
      try machine.fault(.wrongState, at: table)
    }
    try move(table, to: .quarantined)
    try push(table)
  }

  /// The library's push, without its tokens.
  private func push(_ table: FrameNumber) throws(Stop) {
    let list = KernelWord.retired(by: try machine.currentCPU())
    while true {
      try machine.attempt()
      let first = try machine.load(list)
      try machine.store(first, to: .link, of: table)
      if try machine.compareExchange(
        list, expected: first, desired: table.rawValue &+ 1) == first
      {
        return try machine.scheduleWorker(after: 0)
      }
    }
  }

  // MARK: Reading and writing

  private func read(_ slot: Slot) throws(Stop) -> Bool {
    let entry = try machine.load(root(slot))
    guard entry != 0 else { return false }
    let table = FrameNumber(containing: Format.address(in: entry, level: 2))
    _ = try machine.load(
      Format.slot(for: slot.range.start, in: table, level: 1))
    return true
  }

  /// Writes a leaf as it is, as a change of attributes would.
  private func write(_ slot: Slot) throws(Stop) -> Bool {
    let entry = try machine.load(root(slot))
    guard entry != 0 else { return false }
    let table = FrameNumber(containing: Format.address(in: entry, level: 2))
    try machine.store(
      Format.leafEntry(mapping: slot.target, level: 1, attributes: .none),
      to: Format.slot(for: slot.range.start, in: table, level: 1))
    return true
  }
}
