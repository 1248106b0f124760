// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// In which order a table is unlinked, forgotten and released.
  static var orders: [CatalogueEntry] {
    [
      plain(
        "plain", "map, unmap, and a worker",
        own("the one that others depart from")),
      plain(
        "plain-two-slots", "the same with two tables",
        own("the one that others depart from"),
        on: PlainProtocol.scenario(cpus: 1)),
      plain(
        "plain-fills-late", "a table is linked, then filled",
        "rust-osdev/x86_64: create_next_table links before it zeroes",
        .leftoverEntry
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          let table = try machine.allocate(order: 0)
          if table == .none { return false }
          try machine.describe(table, as: .linked)
          try machine.link(table, at: slot.rootEntry)
          try machine.fill(table.address, count: 2, first: 0, step: 0)
          try machine.store(slot.leaf, to: table.address + slot.leafOffset)
          return true
        }
      },
      plain(
        "plain-flushes-first", "the CPUs flush, then the entry is cleared",
        "StelluxOS 188: a flush before the entry is cleared", .heldByCPU
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          guard let table = try machine.table(at: slot.rootEntry) else {
            return false
          }
          try machine.flushCPUs(slot.range)
          _ = try machine.exchange(0, at: slot.rootEntry)
          try Steps.retire(table, on: machine)
          return true
        }
      },
      plain(
        "plain-clears-by-fill", "the same, and the entry is cleared by a fill",
        "StelluxOS 188: a flush before the entry is cleared", .heldByCPU
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          guard let table = try machine.table(at: slot.rootEntry) else {
            return false
          }
          try machine.flushCPUs(slot.range)
          try machine.fill(slot.rootEntry, count: 1, first: 0, step: 0)
          try Steps.retire(table, on: machine)
          return true
        }
      },
      plain(
        "plain-unflushed", "a table is reclaimed, and the CPUs not flushed",
        "tgoskits 2009: a table is reclaimed without a flush", .heldByCPU
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let entry = try machine.exchange(0, at: slot.rootEntry)
          try Steps.retire(
            FrameNumber(containing: PhysicalAddress(entry)), on: machine)
          return true
        }
      },
      plain(
        "plain-flushes-another", "the CPUs flush the range of another slot",
        "CVE-2021-4002: the range of a shared table is not flushed",
        .heldByCPU
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let entry = try machine.exchange(0, at: slot.rootEntry)
          let other = VirtualAddress(
            slot.range.start.rawValue ^ 2 << FrameNumber.shift)
          try machine.flushCPUs(
            VirtualRange(start: other, size: FrameNumber.size))
          try Steps.retire(
            FrameNumber(containing: PhysicalAddress(entry)), on: machine)
          return true
        }
      },
      plain(
        "plain-flushes-nothing", "the CPUs flush an empty range",
        "CVE-2021-4002: the range of a shared table is not flushed",
        .heldByCPU
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let entry = try machine.exchange(0, at: slot.rootEntry)
          try machine.flushCPUs(
            VirtualRange(start: slot.range.start, size: 0))
          try Steps.retire(
            FrameNumber(containing: PhysicalAddress(entry)), on: machine)
          return true
        }
      },
      plain(
        "plain-iommu-only", "tables that only an IOMMU walks, freed at once",
        "Linux ea8ea460c9ac: the form that it left",
        on: PlainProtocol.scenario(slots: 1).withoutCPUWalks
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let entry = try machine.exchange(0, at: slot.rootEntry)
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.free(
            FrameNumber(containing: PhysicalAddress(entry)), order: 0)
          return true
        }
      },
      plain(
        "plain-iommu-frees-first", "the same, freed before the invalidation",
        "Linux ea8ea460c9ac: the form that it found", .invalidationSkipped,
        on: PlainProtocol.scenario(slots: 1).withoutCPUWalks
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let entry = try machine.exchange(0, at: slot.rootEntry)
          try machine.free(
            FrameNumber(containing: PhysicalAddress(entry)), order: 0)
          _ = try machine.sharing().invalidateKernelHalf()
          return true
        }
      },
      plain(
        "plain-ignores-answer", "a time-out is taken for an answer",
        "CVE-2021-28692 (XSA-373)", .failureIgnored,
        on: PlainProtocol.scenario(cpus: 1, slots: 1).failing
      ) {
        $0.reclaim = { (machine, _) throws(Stop) in
          guard let first = try machine.takeAll() else { return true }
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.releaseAll(from: first)
          return true
        }
      },
      plain(
        "plain-beyond-table", "one entry more is cleared than the table has",
        own("what an index that wraps would hide"), .outOfBounds
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          if let table = try machine.table(at: slot.rootEntry) {
            for index in 0..<3 as Range<UInt64> {
              try machine.store(0, to: table.address + 8 * index)
            }
          }
          return try Steps.unmap(machine, slot)
        }
      },
      plain(
        "plain-by-frame", "the tables of one frame are freed at once",
        own("code that looks at a frame's number"), .invalidationSkipped,
        on: PlainProtocol.scenario(cpus: 1)
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          guard machine.core.index(of: table) == 2 else {
            try Steps.retire(table, on: machine)
            return true
          }
          try machine.describe(table, as: .quarantined)
          try machine.free(table, order: 0)
          return true
        }
      },
      plain(
        "plain-by-slot", "the tables of one slot are freed at once",
        own("code that depends on an address"), .invalidationSkipped,
        on: PlainProtocol.scenario(cpus: 1)
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          guard slot.number == 1 else { return try Steps.unmap(machine, slot) }
          try machine.free(try Steps.unlink(machine, slot), order: 0)
          return true
        }
      },
    ]
  }
}

extension Scenario {
  /// The same where only IOMMUs walk the tables.
  var withoutCPUWalks: Scenario {
    var scenario = self
    scenario.bounds.cpusWalk = false
    return scenario
  }

  /// The same with IOMMUs that may fail.
  var failing: Scenario {
    var scenario = self
    scenario.bounds.mayFail = true
    scenario.mustHappen = [.failed, .released]
    return scenario
  }
}
