// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// A tree that grows by a level while devices walk it: a new table is put above
/// what was the top one.
///
/// The entry of the root that leads to the top table stands for what an IOMMU
/// has of a tree: how many levels it has, and where it begins.
extension Catalogue {
  /// Growths that are right, and those that are not.
  static var levelGrowths: [CatalogueEntry] {
    let torn = "CVE-2025-39961: a tree's level and its root are read apart"
    return [
      growth(
        "level-growth", "a table is put above the top one, and all forget that",
        "CVE-2025-39961: the form that is right"),
      growth(
        "level-growth-unflushed", "the same, and the IOMMU is not asked",
        own("a walk that goes on with fewer levels"), .staleWalk,
        flushes: false),
      growth(
        "level-growth-unfilled", "the new top is there before it is filled",
        own("a top table that leads nowhere yet"), .leftoverEntry,
        linksFirst: true),
      growth(
        "level-growth-torn", "the top table and its level are in two words",
        torn, .leak, isTorn: true),
    ]
  }

  /// CPU 0 lets the tree grow while CPU 1 maps and unmaps a page.
  private static func growth(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, flushes: Bool = true, linksFirst: Bool = false,
    isTorn: Bool = false
  ) -> CatalogueEntry {
    let top = TopTable(isTorn: isTorn)
    var bounds = Bounds()
    bounds.levels = 3
    bounds.cpus = 2
    var scenario = Scenario.mapUnmap(bounds).withoutCPUWalks
    scenario.moves = [
      Move(.map, from: .empty, to: .within, actors: 2),
      Move(.unmap, from: .within, to: .empty, actors: 2),
      Move(.translate, from: nil, to: .empty, actors: 1),
    ]
    scenario.mustHappen = [.walked, .invalidated]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        if let lowest = try top.lowest(on: machine) {
          try machine.store(slot.leaf, to: lowest.address)
          return true
        }
        guard let table = try machine.makeTable(for: slot) else {
          return false
        }
        try machine.link(table, at: machine.rootEntry(for: slot))
        try top.set(table, level: 1, on: machine)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let lowest = try top.lowest(on: machine) else { return false }
        _ = try machine.exchange(0, at: lowest.address)
        return try machine.sharing().invalidateKernelHalf()
      }
      $0.translate = { (machine, slot) throws(Stop) in
        let (old, level) = try top.value(on: machine)
        guard let old, level == 1 else { return true }
        let new = try machine.allocate(order: 0)
        if new == .none { return true }
        try machine.describe(new, as: .linked)
        let entry = machine.rootEntry(for: slot)
        if linksFirst { try machine.link(new, at: entry) }
        try machine.fill(new.address, count: 2, first: 0, step: 0)
        try machine.link(old, at: new.address)
        if !linksFirst { try machine.link(new, at: entry) }
        try top.set(new, level: 2, on: machine)
        return flushes ? try machine.sharing().invalidateKernelHalf() : true
      }
    }
  }
}

/// The top table of a tree and its level, as code keeps them: in one word, or
/// in two.
private struct TopTable: Sendable {
  private static let table = KernelWord(index: 4)
  private static let level = KernelWord(index: 5)

  let isTorn: Bool

  func set(
    _ table: FrameNumber, level: UInt64, on machine: SteppingMachine
  ) throws(Stop) {
    let flags = isTorn ? 0 : level
    _ = try machine.exchange(table.address.rawValue | flags, at: Self.table)
    if isTorn { _ = try machine.exchange(level, at: Self.level) }
  }

  func value(
    on machine: SteppingMachine
  ) throws(Stop) -> (table: FrameNumber?, level: UInt64) {
    let word = try machine.load(Self.table)
    if word == 0 { return (nil, 0) }
    let level =
      isTorn
      ? try machine.load(Self.level) : word & (FrameNumber.size - 1)
    return (FrameNumber(containing: PhysicalAddress(word)), level)
  }

  /// The table of level 1 that covers the first page.
  func lowest(on machine: SteppingMachine) throws(Stop) -> FrameNumber? {
    let (table, level) = try value(on: machine)
    guard let table, level == 2 else { return table }
    return try machine.table(at: table.address)
  }
}
