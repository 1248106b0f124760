// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Trees of three levels, tables that move, and tables that several entries
/// lead to.
extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Trees that are built, detached and moved rightly, and those that are not.
  static var trees: [CatalogueEntry] {
    let purge = "Linux 5e0fb5df2ee8: x86/mm: Add TLB purge to free pmd/pte page"
    return [
      tree(
        "tree", "a subtree is built bottom up, and detached by one store",
        own("a tree of three levels")),
      tree(
        "tree-leaves-only", "the CPUs forget the leaves below it alone", purge,
        .heldByCPU, detaching: .leavesOnly),
      tree(
        "tree-lower-first", "the lower table goes while the upper leads to it",
        own("a subtree that is taken down from below"), .retiredWhileLinked,
        detaching: .lowerFirst),
      tree(
        "tree-linked-first", "the upper table is linked before it is filled",
        "rust-osdev/x86_64: create_next_table links before it zeroes",
        .leftoverEntry, linksFirst: true),
      move(
        "move", "a table moves to another entry, and its old place is flushed",
        "CVE-2018-18281: the form that is right", flushes: true),
      move(
        "move-unflushed", "a table moves, and its old place is not flushed",
        "CVE-2018-18281: mremap() flushes after the lock is dropped",
        .staleWalk, flushes: false),
      shared(
        "shared-table", "two entries lead to a table, which counts them",
        "CVE-2021-4002: the form that is right"),
      shared(
        "shared-table-unflushed",
        "an entry that is not the last is not flushed",
        "CVE-2021-4002: the range of a shared table is not flushed",
        .heldByCPU, flushesEach: false),
      shared(
        "shared-table-uncounted", "the second entry is not counted",
        own("a reference that is not counted"), .retiredWhileLinked,
        counts: false),
    ]
  }

  // MARK: Three levels

  private enum Detaching { case whole, leavesOnly, lowerFirst }

  private static func tree(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, detaching: Detaching = .whole,
    linksFirst: Bool = false
  ) -> CatalogueEntry {
    var bounds = Bounds()
    bounds.levels = 3
    return plain(name, what, origin, oracle, on: .mapUnmap(bounds)) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let lower = try machine.makeTable(for: slot) else {
          return false
        }
        let upper = try machine.allocate(order: 0)
        if upper == .none {
          try machine.free(lower, order: 0)
          return false
        }
        try machine.describe(upper, as: .linked)
        let entry = machine.rootEntry(for: slot)
        if linksFirst { try machine.link(upper, at: entry) }
        try machine.fill(upper.address, count: 2, first: 0, step: 0)
        try machine.link(lower, at: upper.address)
        if !linksFirst { try machine.link(upper, at: entry) }
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = machine.rootEntry(for: slot)
        guard let upper = try machine.table(at: entry),
          let lower = try machine.table(at: upper.address)
        else { return false }
        if detaching == .lowerFirst { try retire(lower, on: machine) }
        _ = try machine.exchange(0, at: entry)
        try machine.flush(
          VirtualRange(
            start: VirtualAddress(0), size: 4 << FrameNumber.shift),
          of: nil, detaching == .leavesOnly ? .leaves : .tables)
        if detaching != .lowerFirst { try retire(lower, on: machine) }
        try retire(upper, on: machine)
        try machine.scheduleWorker(after: 0)
        return true
      }
    }
  }

  private static func retire(
    _ table: FrameNumber, on machine: SteppingMachine
  ) throws(Stop) {
    try machine.describe(table, as: .quarantined)
    try machine.push(table)
  }

  // MARK: Another parent

  /// A table moves to the second entry of the root, from where the next map
  /// takes it.
  private static func move(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, flushes: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.mustHappen = [.walked, .released]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        let other = slot.rootEntry + 8
        if let moved = try machine.table(at: other) {
          _ = try machine.exchange(0, at: other)
          try machine.flushCPUs(
            VirtualRange(
              start: VirtualAddress(2 << FrameNumber.shift),
              size: FrameNumber.size))
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.free(moved, order: 0)
        }
        return try Steps.map(machine, slot)
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return false
        }
        _ = try machine.exchange(0, at: slot.rootEntry)
        try machine.link(table, at: slot.rootEntry + 8)
        if flushes {
          try machine.flushCPUs(slot.range)
          _ = try machine.sharing().invalidateKernelHalf()
        }
        return true
      }
    }
  }

  // MARK: Several parents

  /// Two slots are mapped by one table, whose count says how many entries lead
  /// to it.
  private static func shared(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, flushesEach: Bool = true, counts: Bool = true
  ) -> CatalogueEntry {
    let current = KernelWord(index: 4)
    var scenario = PlainProtocol.scenario(cpus: 2)
    scenario.bounds.frames = 1
    scenario.moves = [
      Move(.map, from: .empty, to: .shared),
      Move(.unmap, from: .shared, to: .over),
    ]
    scenario.mustHappen = [.walked, .released]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        try machine.lock(.mutex(0))
        let word = try machine.load(current)
        var table = FrameNumber(word &- 1)
        if word == 0 {
          guard let made = try machine.makeTable(for: slot) else {
            try machine.unlock(.mutex(0))
            return false
          }
          table = made
          try machine.store(1, to: .entryCount, of: table)
          try machine.store(table.rawValue &+ 1, to: current)
        } else if counts {
          _ = try machine.add(1, to: .entryCount, of: table)
        }
        try machine.link(table, at: slot.rootEntry)
        try machine.unlock(.mutex(0))
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        try machine.lock(.mutex(0))
        let entry = try machine.exchange(0, at: slot.rootEntry)
        let table = FrameNumber(containing: PhysicalAddress(entry))
        let isLast = try machine.add(-1, to: .entryCount, of: table) == 0
        if isLast || flushesEach { try machine.flushCPUs(slot.range) }
        if isLast {
          try machine.store(0, to: current)
          try machine.describe(table, as: .quarantined)
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.free(table, order: 0)
        }
        try machine.unlock(.mutex(0))
        return true
      }
    }
  }
}
