// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Catalogue {
  /// Scenarios of the library that must be safe, and of schemes that are not.
  static var schemes: [CatalogueEntry] {
    var entries: [CatalogueEntry] = []
    for scheme in [SchemeChoice.fallow, .upstream] {
      func safe(_ name: String, _ what: String, _ scenario: Scenario) {
        entries.append(
          library(
            "\(name)-\(scheme.rawValue)", what, "the claim itself", scenario,
            scheme))
      }
      safe("map-unmap", "map and unmap", .mapUnmap(bounds()))
      safe(
        "two-cpus", "map and unmap on two CPUs",
        .mapUnmap(bounds(cpus: 2)))
      safe(
        "two-slots", "two tables under one root",
        .mapUnmap(bounds(slots: 2)))
      safe("ats", "a device with a TLB", .mapUnmap(bounds(), ats: true))
      safe("two-iommus", "two IOMMUs", .mapUnmap(bounds(), iommus: 2))
      safe("two-pasids", "two shared spaces", .mapUnmap(bounds(), pasids: 2))
      safe(
        "bind-unbind", "a device leaves and comes back, on a CPU of its own",
        .mapUnmap(bounds(cpus: 2)).apart(cpu: 1))
      safe(
        "bind-second", "the same behind a second IOMMU",
        .mapUnmap(bounds(cpus: 2, frames: 1), iommus: 2).apart(cpu: 1))
      safe(
        "expel", "a device is expelled, and comes back",
        .mapUnmap(bounds(cpus: 2)).apart(cpu: 1).expelling)
      entries.append(
        CatalogueEntry(
          name: "reference-\(scheme.rawValue)",
          what: "nothing is merged, and no two states are one",
          origin: "the claim itself", expected: .safe, oracle: .none,
          scheme: scheme.rawValue, scenario: .mapUnmap(bounds())
        ) { scenario, options in
          var options = options
          options.reductions = .none
          return Check.run(scenario, scheme: scheme, options: options)
        })
    }
    let neighbours = Scenario.neighbours(bounds(cpus: 2, slots: 2, frames: 1))
    let reader = Scenario.readers(bounds(cpus: 2))
    entries.append(
      library(
        "neighbours-fallow", "two CPUs, two pages of one table",
        "the claim itself", neighbours, .fallow))
    entries.append(
      library(
        "reader-apart-fallow", "a reader while no device shares",
        "nobody shares spares the IOMMUs, never the readers",
        reader.unshared, .fallow))
    entries.append(
      library(
        "bind-two-pasids-fallow",
        "devices leave one of two spaces and come back",
        "the list of spaces is read and changed under its lock",
        .mapUnmap(bounds(cpus: 2, frames: 1), pasids: 2).apart(cpu: 1),
        .fallow))
    entries.append(
      library(
        "reader-fallow", "a software reader beside map and unmap",
        "the claim itself", reader, .fallow))
    entries.append(
      library(
        "neighbours-upstream", "the same: Linux's worker waits for no reader",
        "F15: Linux keeps them apart by locks that are not modelled",
        neighbours, .upstream, .violation, .accessToFree))
    entries.append(
      library(
        "reader-upstream", "the same: Linux's worker waits for no reader",
        "M61: ptdump, syzbot fd95a72470f5", reader, .upstream, .violation,
        .accessToFree))
    entries.append(
      library(
        "reshape-fallow", "split, collapse, promote and unmap a large slot",
        "the claim itself", .reshape, .fallow))
    entries.append(
      library(
        "collapse-neighbours-fallow",
        "two CPUs map two pages of one table, and collapse what is full",
        "the claim itself", .completing, .fallow))
    entries.append(
      library(
        "collapse-beside-unmap", "the same while a page of it is unmapped",
        "a stretch that is collapsed has one owner; Linux holds mmap_lock",
        .completing.unmapping, .fallow, .violation, .wrongLookup))
    var kept = Scenario.reshape
    kept.bounds.keepsEmptyTables = true
    kept.moves.removeAll {
      $0.operation == .collapse || $0.operation == .split
    }
    entries.append(
      library(
        "make-way-fallow", "an empty table makes way for a large leaf",
        "the claim itself", kept, .fallow))
    entries.append(
      library(
        "neighbours-once-fallow",
        "two pages of one table and a table to spare, mapped once each",
        "the claim itself",
        Scenario.neighbours(bounds(cpus: 2, slots: 2)).unshared.once, .fallow))
    entries.append(
      CatalogueEntry(
        name: "late-flush-fallow",
        what: "the same, the CPUs' flush of a collapse left to the worker",
        origin: "decision: one CPU flush for a batch", expected: .safe,
        oracle: .none, scheme: "fallow", scenario: .smallReshape
      ) { scenario, options in
        Search(scenario, options: options) { (machine) throws(Stop) in
          LibraryModel<ThreeByTwo, _, _>(
            Reclaimer(sharing: machine.sharing(), flushesLate: true),
            sharing: machine.sharing())
        }.run()
      })
    entries.append(
      library(
        "failing-fallow", "an IOMMU that may fail to answer",
        "decision: a failed invalidation frees nothing",
        .mapUnmap(bounds(), failing: true), .fallow))
    entries.append(
      library(
        "bind-failing-fallow", "an IOMMU that may fail to answer an unbind",
        "an unanswered unbind stays a member",
        .mapUnmap(bounds(cpus: 2, frames: 1), failing: true).apart(cpu: 1),
        .fallow))
    entries.append(
      library(
        "expel-failing-fallow", "an IOMMU that fails, and is expelled",
        "a completed removal stands for the answers",
        .mapUnmap(bounds(cpus: 2), failing: true).apart(cpu: 1).expelling,
        .fallow))
    entries.append(
      vtd(
        "vtd-fallow",
        "a device joins and leaves by the driver that ships, in VT-d's memory",
        .vtd(joins: true)))
    entries.append(
      vtd(
        "vtd-ats-fallow", "a device with a TLB leaves", .vtd(ats: true)))
    entries.append(
      vtd(
        "vtd-failing-fallow", "a device leaves spaces, and the IOMMU may fail",
        .vtd(failing: true, pasids: 2)))
    entries.append(
      vtd(
        "vtd-full-fallow",
        "the driver comes to where it last saw an IOMMU that may fail",
        .vtd(failing: true, queueRoom: 4)))
    entries.append(
      library(
        "interrupt-fallow", "an interrupt that maps and unmaps on the same CPU",
        "retire is legal in an interrupt", .interrupt, .fallow))
    entries.append(
      library(
        "failing-upstream", "Linux frees although the invalidation failed",
        "M58; Linux 7.2 returns void all the way down",
        .mapUnmap(bounds(), failing: true), .upstream, .violation,
        .failureIgnored))
    entries.append(
      library(
        "interrupt-upstream", "a kernel table is freed in an interrupt",
        "M20: the list's lock is a plain spin lock", .interrupt, .upstream,
        .violation, .selfDeadlock))
    entries.append(
      library(
        "immediate", "a table goes back once the CPUs have flushed",
        "CVE-2025-71089; Linux before 6.19", .mapUnmap(bounds()), .immediate,
        .violation, .invalidationSkipped))
    entries.append(
      library(
        "collapse-immediate", "a collapse frees its table at once",
        "M23: CVE-2026-97525", .reshape, .immediate, .violation,
        .invalidationSkipped))
    return entries
  }
}

extension Scenario {
  static func mapUnmap(
    _ bounds: Bounds, ats: Bool = false, iommus: Int = 1, pasids: Int = 1,
    failing: Bool = false
  ) -> Scenario {
    var bounds = bounds
    bounds.ats = ats
    bounds.iommus = iommus
    bounds.pasids = pasids
    bounds.mayFail = failing
    var scenario = mapUnmap(bounds)
    if failing { scenario.mustHappen.formUnion([.failed, .parked]) }
    // The one frame is given back by the last step of who gives it back.
    if bounds.frames == 1 { scenario.mustHappen.remove(.reused) }
    return scenario
  }

  /// Slots of one page that share a table.
  static func neighbours(_ bounds: Bounds) -> Scenario {
    var scenario = mapUnmap(bounds)
    scenario.name = "neighbours"
    scenario.slots = (0..<bounds.slots).map {
      Slot(number: $0, firstPage: $0, pageCount: 1)
    }
    return scenario
  }

  /// CPU 0 maps and unmaps; CPU 1 reads the tables.
  static func readers(_ bounds: Bounds) -> Scenario {
    var scenario = mapUnmap(bounds)
    scenario.name = "reader"
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    scenario.moves.append(
      Move(.translate, from: nil, to: .empty, actors: 2))
    scenario.mustHappen.insert(.readersAwaited)
    return scenario
  }

  /// A slot that one leaf of level 2 can map.
  static var reshape: Scenario {
    var bounds = Bounds()
    bounds.levels = 3
    bounds.frames = 4
    var scenario = Scenario(
      "reshape", bounds: bounds,
      moves: [
        Move(.map, from: .empty, to: .mapped),
        Move(.promote, from: .empty, to: .large),
        Move(.collapse, from: .mapped, to: .large),
        Move(.split, from: .large, to: .mapped),
        Move(.unmap, from: .mapped, to: .empty),
        Move(.unmap, from: .large, to: .empty),
      ],
      slots: [Slot(number: 0, firstPage: 0, pageCount: 2)])
    scenario.start = .empty
    return scenario
  }

  /// The same with fewer frames.
  static var smallReshape: Scenario {
    var bounds = reshape.bounds
    bounds.frames = 3
    return reshape.resized(bounds)
  }

  /// Two CPUs each map a page; both make one large leaf.
  static var completing: Scenario {
    var bounds = Catalogue.bounds(cpus: 2, slots: 2, frames: 3)
    bounds.levels = 3
    var scenario = neighbours(bounds)
    scenario.name = "completing"
    scenario.moves = [Move(.mapCollapsing, from: .empty, to: .within)]
    // Nothing changes any more once the table is retired, so no step looks at
    // what walkers hold of it before the invalidation.
    scenario.mustHappen.remove(.heldInQuarantine)
    return scenario
  }

  /// The same with pages that are unmapped again.
  var unmapping: Scenario {
    var scenario = self
    scenario.moves.append(Move(.unmap, from: .within, to: .empty))
    return scenario
  }

  /// An interrupt on CPU 0 works on a slot of its own.
  static var interrupt: Scenario {
    var bounds = Bounds()
    bounds.slots = 2
    bounds.interrupts = 1
    var scenario = mapUnmap(bounds)
    scenario.name = "interrupt"
    scenario.mustHappen.insert(.interrupted)
    return scenario
  }

  /// The same with the last CPU doing nothing but binding and unbinding.
  func apart(cpu: Int) -> Scenario {
    var scenario = self
    for index in moves.indices { scenario.moves[index].actors &= ~(1 << cpu) }
    return scenario.binding(actors: 1 << cpu)
  }

  /// A table is unmapped while a device leaves by the driver that ships, or
  /// joins and leaves, each once.
  static func vtd(
    joins: Bool = false, ats: Bool = false, failing: Bool = false,
    pasids: Int = 1, queueRoom: Int = 127
  ) -> Scenario {
    var bounds = Catalogue.bounds(cpus: 2, frames: 1)
    bounds.hasVTd = true
    bounds.queueRoom = queueRoom
    bounds.startsUnshared = joins
    var scenario = mapUnmap(
      bounds, ats: ats, pasids: pasids, failing: failing
    )
    .apart(cpu: 1).once
    scenario.start = .mapped
    return scenario.withoutIdleMoves
  }

  /// The same with everything done once.
  var once: Scenario {
    var scenario = self
    for index in scenario.moves.indices {
      switch scenario.moves[index].operation {
      case .unmap, .unbind:
        scenario.moves[index].to = .over
        scenario.moves[index].otherwise = .over
      default: break
      }
    }
    scenario.mustHappen.remove(.reused)
    return scenario
  }

  /// The same without what can never be begun.
  var withoutIdleMoves: Scenario {
    var scenario = self
    var reached = Set(
      slots.map {
        $0.isBinding ? bounds.startsUnshared ? .apart : .bound : start
      })
    while true {
      let next = scenario.moves.filter { $0.from.map(reached.contains) ?? true }
      let found = reached.union(next.flatMap { [$0.to, $0.otherwise] })
      if found == reached {
        scenario.moves = next
        return scenario
      }
      reached = found
    }
  }

  /// The same with devices that join first.
  var startingUnshared: Scenario {
    var scenario = self
    scenario.bounds.startsUnshared = true
    return scenario
  }

  /// The same with no device that shares a space.
  var unshared: Scenario {
    var scenario = startingUnshared
    scenario.mustHappen.subtract(CoverageGoal.lifeOfATable)
    scenario.mustHappen.insert(.released)
    return scenario
  }

  /// The same where devices that share are expelled instead of unbound.
  var expelling: Scenario {
    var scenario = self
    for index in moves.indices where moves[index].operation == .unbind {
      scenario.moves[index].operation = .expel
    }
    return scenario
  }

  /// The same with requests forbidden while nothing is retired.
  var economical: Scenario {
    var scenario = self
    scenario.forbidsIdleInvalidation = true
    return scenario
  }

  /// The same where an error may go unreported.
  var forgettingFailures: Scenario {
    var scenario = self
    scenario.bounds.forgetsFailures = true
    return scenario
  }

  /// The same on other hardware.
  func on(_ rules: CacheRules) -> Scenario {
    var scenario = self
    scenario.rules = rules
    return scenario
  }
}
