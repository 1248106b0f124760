// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Flushes that are put off, and flushes of less than everything.
extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Flushes that are enough, and those that are not.
  static var flushes: [CatalogueEntry] {
    [
      flushQueue(
        "flush-queue", "what was queued before a flush began is freed after it",
        "Linux fb418dab8a4f: iommu/iova: the counters of flush queues",
        looksAtCounters: true),
      flushQueue(
        "flush-queue-uncounted", "what was queued during a flush is freed too",
        "Linux fb418dab8a4f: what its counters keep apart",
        .invalidationSkipped, looksAtCounters: false),
      ranged(
        "iommu-range", "the IOMMU forgets the range of the table",
        own("a range that is all the table covers"), isOwn: true),
      ranged(
        "iommu-range-another", "the IOMMU forgets the range of another table",
        "CVE-2021-4002: the range of a shared table is not flushed",
        .invalidationTooNarrow, isOwn: false),
      cpuOnly(
        "cpu-only", "tables that only CPUs walk, freed after a flush",
        own("tables that no device shares")),
      cpuOnly(
        "cpu-only-frees-first", "the same, freed before the flush",
        own("tables that no device shares"), .heldByCPU, flushesFirst: false),
      cpuOnly(
        "cpu-only-shared", "the same while a device shares the tables",
        "CVE-2025-71089: Linux before 6.19", .invalidationSkipped,
        isShared: true),
      leaves(
        "leaf-flush", "a leaf is cleared, and leaves alone are flushed",
        own("a flush of leaves"), freesTable: false),
      leaves(
        "leaf-flush-of-table", "a table is freed, and leaves alone are flushed",
        "Linux 5e0fb5df2ee8: x86/mm: Add TLB purge to free pmd/pte page",
        .heldByCPU, freesTable: true),
    ]
  }

  // MARK: Flush queues

  /// A table is queued with how many flushes had begun; a flush frees what was
  /// queued before it.
  private static func flushQueue(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, looksAtCounters: Bool
  ) -> CatalogueEntry {
    let begun = KernelWord(index: 4)
    var scenario = PlainProtocol.scenario(cpus: 1).withoutCPUWalks
    scenario.start = .mapped
    scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        let table = FrameNumber(containing: PhysicalAddress(entry))
        try machine.describe(table, as: .quarantined)
        try machine.lock(.spin(0))
        try machine.store(try machine.load(begun), to: .binding, of: table)
        let first = try machine.load(.foreignList)
        try machine.store(first, to: .link, of: table)
        try machine.store(table.rawValue &+ 1, to: .foreignList)
        try machine.unlock(.spin(0))
        try machine.scheduleWorker(after: 0)
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        try machine.lock(.spin(0))
        let number = try machine.load(begun) &+ 1
        try machine.store(number, to: begun)
        try machine.unlock(.spin(0))
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.lock(.spin(0))
        var next = try machine.load(.foreignList)
        var kept: UInt64 = 0
        while next != 0 {
          let table = FrameNumber(next &- 1)
          next = try machine.load(.link, of: table)
          if looksAtCounters,
            try machine.load(.binding, of: table) >= number
          {
            try machine.store(kept, to: .link, of: table)
            kept = table.rawValue &+ 1
          } else {
            try machine.free(table, order: 0)
          }
        }
        try machine.store(kept, to: .foreignList)
        try machine.unlock(.spin(0))
        return true
      }
    }
  }

  // MARK: Ranges

  private static func ranged(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, isOwn: Bool
  ) -> CatalogueEntry {
    plain(
      name, what, origin, oracle,
      on: PlainProtocol.scenario(cpus: 1, slots: 1).withoutCPUWalks
    ) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        let first = UInt64(isOwn ? slot.firstPage : slot.firstPage ^ 2)
        _ = try machine.sharing().invalidate(
          VirtualRange(
            start: VirtualAddress(first << FrameNumber.shift),
            size: 2 << FrameNumber.shift))
        try machine.free(
          FrameNumber(containing: PhysicalAddress(entry)), order: 0)
        return true
      }
    }
  }

  // MARK: Tables of CPUs alone

  private static func cpuOnly(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, flushesFirst: Bool = true, isShared: Bool = false
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(slots: 1)
    scenario.bounds.startsUnshared = !isShared
    scenario.mustHappen = [.released]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        let table = FrameNumber(containing: PhysicalAddress(entry))
        if flushesFirst { try machine.flushCPUs(slot.range) }
        try machine.free(table, order: 0)
        if !flushesFirst { try machine.flushCPUs(slot.range) }
        return true
      }
    }
  }

  // MARK: Leaves

  private static func leaves(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, freesTable: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.start = .mapped
    scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
    scenario.mustHappen = [.walked]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return false
        }
        _ = try machine.exchange(
          0, at: freesTable ? slot.rootEntry : table.address + slot.leafOffset)
        try machine.flush(slot.range, of: nil, .leaves)
        _ = try machine.sharing().invalidateKernelHalf()
        if freesTable {
          try machine.free(table, order: 0)
        } else {
          try machine.releasePages(of: slot)
        }
        return true
      }
    }
  }
}
