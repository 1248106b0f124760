// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Protocols of their own, none of the library's code: each entry departs in
/// one thing from ``PlainProtocol``, as code that others wrote did.
extension Catalogue {
  /// An entry over a plain protocol.
  static func plain(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none,
    on scenario: Scenario = PlainProtocol.scenario(slots: 1),
    _ change: @escaping @Sendable (inout PlainProtocol) -> Void = { _ in }
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin,
      expected: oracle == .none ? .safe : .violation, oracle: oracle,
      scheme: "plain", scenario: scenario
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        var model = PlainProtocol(machine: machine)
        change(&model)
        return model
      }.run()
    }
  }

  /// All of them.
  static var protocols: [CatalogueEntry] {
    orders + [usedAfterRelease] + lists + caches + remaps + absences
  }

  private typealias Steps = PlainProtocol.Steps

  /// In which order a table is unlinked, forgotten and released.
  private static var orders: [CatalogueEntry] {
    [
      plain(
        "plain", "map, unmap, and a worker", "the one that others depart from"),
      plain(
        "plain-two-slots", "the same with two tables",
        "the one that others depart from",
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
        "StelluxOS 188", .heldByCPU
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
        "StelluxOS 188", .heldByCPU
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
        "tgoskits 2009", .heldByCPU
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
        "what an index that wraps would hide", .outOfBounds
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
        "code that looks at a frame's number", .invalidationSkipped,
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
        "code that depends on an address", .invalidationSkipped,
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

  /// A frame that is used by who gave it back, while its next owner takes it
  /// for private; a flag leaves no time at which the frame is free.
  private static var usedAfterRelease: CatalogueEntry {
    let (isTaken, kept) = (KernelWord(index: 4), KernelWord(index: 5))
    var scenario = PlainProtocol.withReader
    scenario.bounds.frames = 1
    return plain(
      "plain-used-after-release", "a descriptor is written by its last owner",
      "a use after free that no free frame shows", .wrongState, on: scenario
    ) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.free(table, order: 0)
        if try machine.load(isTaken) == 1 {
          try machine.store(7, to: .live, of: table)
        }
        return true
      }
      $0.translate = { (machine, _) throws(Stop) in
        if try machine.load(kept) != 0 { return true }
        let own = try machine.allocate(order: 0)
        if own == .none { return true }
        _ = try machine.exchange(1, at: isTaken)
        try machine.store(0, to: .live, of: own)
        if try machine.load(.live, of: own) != 0 {
          try machine.fault(.wrongState, at: own)
        }
        _ = try machine.exchange(own.rawValue, at: kept)
        return true
      }
    }
  }

  /// How a table is handed to the actor that releases it.
  private static var lists: [CatalogueEntry] {
    [
      plain(
        "plain-links-late", "a link is stored after the push",
        "Linux 0a29a49f3ed4: a list spliced the wrong way loses its tables",
        .accessToFree, on: PlainProtocol.scenario()
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          let head = try machine.exchange(table.rawValue &+ 1, at: .foreignList)
          try machine.store(head, to: .link, of: table)
          try machine.scheduleWorker(after: 0)
          return true
        }
        $0.reclaim = { (machine, _) throws(Stop) in
          let head = try machine.exchange(0, at: .foreignList)
          if head != 0 {
            try Steps.release(FrameNumber(head &- 1), on: machine)
          }
          return true
        }
      },
      plain(
        "plain-wakes-first", "the worker is woken before the push",
        "the fix of CVE-2025-71202, its two steps exchanged", .leak
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.scheduleWorker(after: 0)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-requeues", "the worker queues a table for ever",
        "the fix of CVE-2025-71202, its mark not cleared", .livelock
      ) {
        $0.reclaim = { (machine, _) throws(Stop) in
          guard let first = try machine.takeAll() else { return true }
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.push(first)
          try machine.scheduleWorker(after: 0)
          return true
        }
      },
      plain(
        "plain-spins", "a spin waits for what nobody stores",
        "a lock word that is never given back", .livelock
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          while true {
            try machine.attempt()
            if try machine.compareExchange(
              KernelWord(index: 4), expected: 0, desired: 1) == 0
            {
              return try Steps.map(machine, slot)
            }
          }
        }
      },
      plain(
        "plain-next-map", "the next map releases; there is no worker",
        "CVE-2020-27671 (XSA-346): the form that is right"
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          if let first = try machine.takeAll() {
            try Steps.release(first, on: machine)
          }
          return try Steps.map(machine, slot)
        }
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-next-map-defers", "the same, and the flush is put off too long",
        "CVE-2020-27671 (XSA-346)", .invalidationSkipped
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          if let first = try machine.takeAll() {
            try machine.releaseAll(from: first)
            _ = try machine.sharing().invalidateKernelHalf()
          }
          return try Steps.map(machine, slot)
        }
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-at-once", "a table is released once all have forgotten it",
        "Linux before 6.19, were SVA's IOMMUs told"
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.free(table, order: 0)
          return true
        }
      },
    ]
  }

  /// Tables that wait, ready, for the next map.
  private static var caches: [CatalogueEntry] {
    func cached(
      _ name: String, _ what: String, _ oracle: Oracle, invalidates: Bool
    ) -> CatalogueEntry {
      let cache = KernelWord(index: 5)
      return plain(
        name, what, "caches of ready tables, as Linux's quicklists were",
        oracle,
        on: PlainProtocol.scenario(cpus: 1)
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          let cached = try machine.exchange(0, at: cache)
          if cached == 0 { return try Steps.map(machine, slot) }
          let table = FrameNumber(cached &- 1)
          try machine.describe(table, as: .linked)
          try machine.fill(table.address, count: 2, first: 0, step: 0)
          try machine.store(slot.leaf, to: table.address + slot.leafOffset)
          try machine.link(table, at: slot.rootEntry)
          return true
        }
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          if invalidates {
            _ = try machine.sharing().invalidateKernelHalf()
          }
          let before = try machine.compareExchange(
            cache, expected: 0, desired: table.rawValue &+ 1)
          if before != 0 { try machine.free(table, order: 0) }
          return true
        }
      }
    }
    return [
      cached(
        "plain-cache", "a table waits in a cache", .none, invalidates: true),
      cached(
        "plain-cache-unflushed", "the same, and no walker was asked",
        .staleWalk, invalidates: false),
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
