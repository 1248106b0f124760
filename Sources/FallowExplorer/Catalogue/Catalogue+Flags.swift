// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Walkers that set the accessed flag of entries that lead to tables: FEAT_HAFT
/// of a CPU, HTTU = 3 of an SMMU.
extension Catalogue {
  private static func flagged(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, preset: Bool = false,
    _ unlink:
      @escaping @Sendable (
        SteppingMachine, Slot, FrameNumber, UInt64
      ) throws(Stop) -> Bool
  ) -> CatalogueEntry {
    plain(
      name, what, origin, oracle,
      on: PlainProtocol.scenario(cpus: 1, slots: 1).on(
        .vtd.setting(.tables))
    ) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let table = try machine.makeTable(for: slot) else {
          return false
        }
        try machine.store(
          TinyFormat<TwoByTwo>.tableEntry(
            pointingTo: table.address, isKernel: true)
            | (preset ? TinyEntry.accessed : 0), to: slot.rootEntry)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.load(slot.rootEntry)
        let table = FrameNumber(containing: PhysicalAddress(entry))
        guard try unlink(machine, slot, table, entry) else { return false }
        try machine.flushCPUs(slot.range)
        try PlainProtocol.Steps.retire(table, on: machine)
        return true
      }
    }
  }

  /// The library, whose tables are written with the flag set; and without.
  static var flaggedLibrary: [CatalogueEntry] {
    func entry<Shape: TinyShape>(
      _ name: String, _ what: String, _ origin: String,
      _ oracle: Oracle, _ shape: Shape.Type
    ) -> CatalogueEntry {
      CatalogueEntry(
        name: name, what: what, origin: origin,
        expected: oracle == .none ? .safe : .violation, oracle: oracle,
        scheme: "fallow",
        scenario: Scenario.mapUnmap(bounds()).on(.vtd.setting(.tables))
      ) { scenario, options in
        Search(scenario, options: options) { (machine) throws(Stop) in
          let sharing = machine.sharing()
          return LibraryModel<Shape, _, _>(
            Reclaimer(sharing: sharing), sharing: sharing)
        }.run()
      }
    }
    return [
      entry(
        "haft-fallow",
        "walkers set the flags of entries that lead to tables, which are "
          + "written with the flag", Origin.claim, .none, TwoByTwoPreset.self),
      entry(
        "haft-unset", "the same, and the entries are written without it",
        own("a format sets the flags that walkers would set"),
        .retiredWhileLinked, TwoByTwo.self),
    ]
  }

  /// Ways to unlink that are right, and one that is not.
  static var flags: [CatalogueEntry] {
    let flag =
      own("an entry that its owner alone writes is written by walkers too")
    return [
      flagged(
        "haft-compares", "an entry is cleared if it is what was read", flag,
        .retiredWhileLinked
      ) { (machine, slot, table, entry) throws(Stop) in
        // Nobody else writes the entry, so it cannot fail.
        _ = try machine.compareExchange(
          slot.rootEntry, expected: entry, desired: 0)
        return true
      },
      flagged(
        "haft-preset", "the same, and the flag is set before the entry is",
        flag, preset: true
      ) { (machine, slot, table, entry) throws(Stop) in
        _ = try machine.compareExchange(
          slot.rootEntry, expected: entry, desired: 0)
        return true
      },
      flagged(
        "haft-exchanges", "an entry is cleared whatever it is", flag
      ) { (machine, slot, table, entry) throws(Stop) in
        _ = try machine.exchange(0, at: slot.rootEntry)
        return true
      },
    ]
  }
}
