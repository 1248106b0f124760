// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowSchemes

extension Catalogue {
  /// Scenarios of the library that must be safe, and of schemes that are not.
  static var schemes: [CatalogueEntry] {
    var entries: [CatalogueEntry] = []
    for scheme in [SchemeName.fallow, .upstream] {
      func safe(_ name: String, _ what: String, _ scenario: Scenario) {
        entries.append(
          library(
            "\(name)-\(scheme.rawValue)", what, Origin.claim, scenario,
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
          origin: Origin.claim, expected: .safe, oracle: .none,
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
        Origin.claim, neighbours, .fallow))
    entries.append(
      library(
        "lists-fallow", "lists of pages in two tables, few frames",
        Origin.claim, .twoTables(cpus: 1, map: .mapList, unmap: .unmapList),
        .fallow))
    entries.append(
      library(
        "reserved-fallow",
        "two CPUs, pages in two tables, frames for the tables taken before",
        Origin.claim, .twoTables(cpus: 2, map: .mapReserved, unmap: .unmap),
        .fallow))
    entries.append(
      library(
        "reader-apart-fallow", "a reader while no device shares",
        own("nobody shares spares the IOMMUs, never the readers"),
        reader.unshared, .fallow))
    entries.append(
      library(
        "bind-two-pasids-fallow",
        "devices leave one of two spaces and come back",
        own("the list of spaces is read and changed under its lock"),
        .mapUnmap(bounds(cpus: 2, frames: 1), pasids: 2).apart(cpu: 1),
        .fallow))
    entries.append(
      library(
        "reader-fallow", "a software reader beside map and unmap",
        Origin.claim, reader, .fallow))
    entries.append(
      library(
        "neighbours-upstream", "the same: Linux's worker waits for no reader",
        own("Linux keeps them apart by locks that are not modelled"),
        neighbours, .upstream, .violation, .accessToFree))
    entries.append(
      library(
        "reader-upstream", "the same: Linux's worker waits for no reader",
        Origin.ptdump, reader, .upstream, .violation,
        .accessToFree))
    entries.append(
      library(
        "reshape-fallow", "split, collapse, promote and unmap a large slot",
        Origin.claim, .reshape, .fallow))
    entries.append(
      library(
        "collapse-neighbours-fallow",
        "two CPUs map two pages of one table, and collapse what is full",
        Origin.claim, .completing, .fallow))
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
        Origin.claim, kept, .fallow))
    entries.append(
      library(
        "neighbours-once-fallow",
        "two pages of one table and a table to spare, mapped once each",
        Origin.claim,
        Scenario.neighbours(bounds(cpus: 2, slots: 2)).unshared.once, .fallow))
    entries.append(
      CatalogueEntry(
        name: "late-flush-fallow",
        what: "the same, the CPUs' flush of a collapse left to the worker",
        origin: own("one CPU flush for a batch"), expected: .safe,
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
        own("a failed invalidation frees nothing"),
        .mapUnmap(bounds(), failing: true), .fallow))
    entries.append(
      library(
        "bind-failing-fallow", "an IOMMU that may fail to answer an unbind",
        own("an unanswered unbind stays a member"),
        .mapUnmap(bounds(cpus: 2, frames: 1), failing: true).apart(cpu: 1),
        .fallow))
    entries.append(
      library(
        "expel-failing-fallow", "an IOMMU that fails, and is expelled",
        own("a completed removal stands for the answers"),
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
        own("retire is legal in an interrupt"), .interrupt, .fallow))
    entries.append(
      library(
        "failing-upstream", "Linux frees although the invalidation failed",
        "Linux 7.2, iommu_sva_invalidate_kva_range() returns void",
        .mapUnmap(bounds(), failing: true), .upstream, .violation,
        .failureIgnored))
    entries.append(
      library(
        "interrupt-upstream", "a kernel table is freed in an interrupt",
        "Linux 7.2, mm/pgtable-generic.c: a plain spin lock", .interrupt,
        .upstream,
        .violation, .selfDeadlock))
    entries.append(
      library(
        "immediate", "a table goes back once the CPUs have flushed",
        "CVE-2025-71089: Linux before 6.19", .mapUnmap(bounds()), .immediate,
        .violation, .invalidationSkipped))
    entries.append(
      library(
        "collapse-immediate", "a collapse frees its table at once",
        "CVE-2026-97525", .reshape, .immediate, .violation,
        .invalidationSkipped))
    return entries
  }
}
