// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// CPUs that cache apart, and under ASIDs: flushes of one, of those that walk
/// the tables, and such that are put off.
extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Flushes that reach each CPU which may walk, and those that do not.
  static var cpuCaches: [CatalogueEntry] {
    let openBSD =
      "OpenBSD 9f1181d59de3: pm_cpus is cleared before %cr3 is loaded"
    return [
      local(
        "local-flush", "the only CPU that walked the tables flushes itself",
        own("a flush of one CPU"), isAlone: true),
      local(
        "local-flush-shared", "the same while another CPU walks them",
        own("a flush of one CPU"), .heldByCPU, isAlone: false),
      masked(
        "cpu-mask", "the CPUs that may walk the tables are flushed", openBSD),
      masked(
        "cpu-mask-early", "a CPU is left out before it walks other tables",
        openBSD, .heldByCPU, leaving: .beforeLoad),
      masked(
        "cpu-mask-late", "a CPU walks the tables before it is flushed again",
        openBSD, .heldByCPU, coming: .beforeAnnounced),
      masked(
        "pcid-unflushed", "a CPU comes back to a PCID with what it had cached",
        own("a PCID that is loaded without a flush"), .heldByCPU,
        coming: .withCaches),
      asid(
        "asid-reuse", "an ASID is flushed before it is used again",
        own("an ASID that outlives its space")),
      asid(
        "asid-reuse-unflushed", "an ASID is used again, and was not flushed",
        own("an ASID that outlives its space"), .heldByCPU, flushes: .never),
      asid(
        "asid-reuse-another", "another ASID is flushed",
        "Linux 8678c1f04277: a flush by a stale ASID", .heldByCPU,
        flushes: .another),
      lazy(
        "lazy-flush", "each CPU flushes itself, and a table waits for all",
        own("a flush that each CPU makes at its next tick")),
      lazy(
        "lazy-flush-early", "a CPU says that it has flushed before it does",
        own("a flush that is announced too early"), .heldByCPU,
        announcesFirst: true),
    ]
  }

  private static func alone(cpus: Int, slots: Int = 1) -> Scenario {
    var scenario = PlainProtocol.scenario(cpus: cpus, slots: slots)
    scenario.bounds.startsUnshared = true
    scenario.bounds.cpusCacheApart = true
    scenario.mustHappen = [.released]
    return scenario
  }

  private static func unlink(
    _ machine: SteppingMachine, _ slot: Slot
  ) throws(Stop) -> FrameNumber {
    FrameNumber(
      containing: PhysicalAddress(
        try machine.exchange(0, at: slot.rootEntry)))
  }

  // MARK: One CPU

  /// CPU 1 walks other tables, as the worker's CPU does, or these.
  private static func local(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, isAlone: Bool
  ) -> CatalogueEntry {
    var scenario = alone(cpus: 2)
    scenario.bounds.walkingCPUs = isAlone ? 1 : 3
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try unlink(machine, slot)
        try machine.flushOwnCPU(slot.range)
        try machine.free(table, order: 0)
        return true
      }
    }
  }

  // MARK: Those that walk

  private enum Leaving { case afterLoad, beforeLoad }
  private enum Coming { case flushed, withCaches, beforeAnnounced }

  /// CPU 1 goes to other tables and comes back, and says in a word when it is
  /// away; CPU 0 flushes those that are there.
  private static func masked(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, leaving: Leaving = .afterLoad,
    coming: Coming = .flushed
  ) -> CatalogueEntry {
    let away = KernelWord(index: 4)
    var scenario = alone(cpus: 2)
    scenario.bounds.walkingCPUs = 3
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    scenario.moves.append(Move(.translate, from: nil, to: .empty, actors: 2))
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, _) throws(Stop) in
        if leaving == .beforeLoad { _ = try machine.exchange(1, at: away) }
        try machine.loadASID(nil)
        if leaving == .afterLoad { _ = try machine.exchange(1, at: away) }
        if coming == .beforeAnnounced {
          try machine.loadASID(0, keepsCaches: false)
        }
        _ = try machine.exchange(0, at: away)
        if coming != .beforeAnnounced {
          try machine.loadASID(0, keepsCaches: coming == .withCaches)
        }
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try unlink(machine, slot)
        let isAway = try machine.load(away) != 0
        try machine.flushCPUs(slot.range, on: isAway ? 1 : 3)
        try machine.free(table, order: 0)
        return true
      }
    }
  }

  // MARK: ASIDs

  private enum ASIDFlush { case right, never, another }

  /// A space has its tables walked under ASID 1, and is ended without a flush;
  /// the next one has the same ASID.
  private static func asid(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, flushes: ASIDFlush = .right
  ) -> CatalogueEntry {
    var scenario = alone(cpus: 1)
    scenario.bounds.cpusCacheApart = false
    scenario.bounds.asids = 2
    scenario.bounds.walkingCPUs = 0
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        if flushes != .never {
          try machine.flushCPUs(
            VirtualRange(
              start: VirtualAddress(0), size: 4 << FrameNumber.shift),
            on: .max, asid: flushes == .right ? 1 : 0)
        }
        guard try Steps.map(machine, slot) else { return false }
        try machine.loadASID(1)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        try machine.loadASID(nil)
        try machine.free(try unlink(machine, slot), order: 0)
        return true
      }
    }
  }

  // MARK: Later

  /// An unmap counts a flush, which each CPU makes later and says so; a table
  /// waits until all have.
  private static func lazy(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, announcesFirst: Bool = false
  ) -> CatalogueEntry {
    let wanted = KernelWord(index: 4)
    var scenario = alone(cpus: 2)
    scenario.bounds.walkingCPUs = 3
    scenario.start = .mapped
    scenario.moves = [
      Move(.unmap, from: .mapped, to: .over, actors: 1),
      Move(.translate, from: nil, to: .empty, actors: 3),
    ]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        try machine.push(table)
        _ = try machine.add(1, to: wanted)
        return true
      }
      $0.translate = { (machine, slot) throws(Stop) in
        let flushed = KernelWord.retired(by: try machine.currentCPU())
        let number = try machine.load(wanted)
        if announcesFirst { _ = try machine.exchange(number, at: flushed) }
        try machine.flushOwnCPU(slot.range)
        if !announcesFirst { _ = try machine.exchange(number, at: flushed) }
        try machine.scheduleWorker(after: 0)
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        let number = try machine.load(wanted)
        for cpu in 0..<2
        where try machine.load(.retired(by: cpu)) != number { return true }
        if number != 0, let first = try machine.takeAll() {
          try machine.releaseAll(from: first)
        }
        return true
      }
    }
  }
}
