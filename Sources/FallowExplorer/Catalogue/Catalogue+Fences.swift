// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowSchemes

extension Catalogue {
  /// What must be safe where stores wait in buffers, and fences whose absence
  /// must be found there.
  static var fences: [CatalogueEntry] {
    [
      library(
        "buffered-fallow", "map and unmap on two CPUs, and stores wait",
        own("each step is visible before the next begins"),
        Scenario.mapUnmap(bounds(cpus: 2)).buffered, .fallow),
      library(
        "buffered-neighbours-fallow",
        "two CPUs, two pages of one table, each mapped once, and stores wait",
        own("the count that follows a leaf's clearing is the full fence"),
        Scenario.neighbours(bounds(cpus: 2, slots: 2, frames: 1)).once
          .buffered, .fallow),
      library(
        "buffered-cursors-fallow",
        "a page of a table by cursors on two CPUs, once each, and stores wait",
        own("a cursor counts before it writes and after it clears"),
        Scenario.cursors(bounds(cpus: 2, slots: 2, frames: 1)).once.buffered,
        .fallow),
      library(
        "buffered-bind-fallow", "a device joins and leaves, and stores wait",
        own("a walker is announced by a full fence"),
        Scenario.mapUnmap(bounds(cpus: 2)).apart(cpu: 1).startingUnshared
          .buffered, .fallow),
      library(
        "buffered-reader-fallow",
        "a reader while no device shares, and stores wait",
        own("nobody shares spares the IOMMUs, never the readers"),
        Scenario.readers(bounds(cpus: 2)).unshared.buffered, .fallow),
      late(
        "buffered-late-flush-fallow",
        "the CPUs' flush is left to the worker, and stores wait",
        own("the flush is owed by a full fence"), .none, .none),
      site(
        "clears-by-store", .clearsByStore,
        "the entry is cleared by a store that is not seen yet",
        own("the unlink stays in a store buffer"), .heldByCPU,
        Scenario.mapUnmap(bounds()).buffered),
      site(
        "looks-past-clearing", .looksPastClearing,
        "whether anyone shares is looked at before the clearing is seen",
        Origin.version3, .invalidationSkipped,
        Scenario.mapUnmap(bounds(cpus: 2)).apart(cpu: 1).startingUnshared
          .buffered),
      late(
        "marks-flush-by-store",
        "the worker says by a store that it flushes, over a flush owed since",
        own("a flush that is owed while the CPUs flush stays owed"), .flushMark,
        .heldByCPU),
      CatalogueEntry(
        name: "reads-unannounced",
        what: "a reader's section is not seen when its reads are made",
        origin: own("the read section's fence, which the platform promises"),
        expected: .violation, oracle: .accessToFree, scheme: "fallow",
        scenario: Scenario.readers(bounds(cpus: 2)).unshared.buffered
      ) { scenario, options in
        Search(scenario, options: options) { (machine) throws(Stop) in
          machine.core.missingFence = .readSection
          return LibraryModel<TwoByTwo, _, _>(
            Reclaimer(sharing: machine.sharing()), sharing: machine.sharing())
        }.run()
      },
    ]
  }

  /// Collapses whose flush the worker makes, without one of the fences.
  private static func late(
    _ name: String, _ what: String, _ origin: String, _ fence: MissingFence,
    _ oracle: Oracle
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin,
      expected: oracle == .none ? .safe : .violation, oracle: oracle,
      scheme: "fallow", scenario: Scenario.smallReshape.buffered
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        machine.core.missingFence = fence
        return LibraryModel<ThreeByTwo, _, _>(
          Reclaimer(sharing: machine.sharing(), flushesLate: true),
          sharing: machine.sharing())
      }.run()
    }
  }
}

extension Scenario {
  /// The same where two stores of a CPU may wait.
  fileprivate var buffered: Scenario {
    var scenario = self
    scenario.bounds.storeBuffers = 2
    scenario.mustHappen.insert(.storeWaited)
    return scenario
  }
}
