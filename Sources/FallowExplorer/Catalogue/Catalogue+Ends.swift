// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowSchemes

/// Spaces that devices shared, and that come to their end.
extension Catalogue {
  private static func end(
    _ name: String, _ fault: FaultyEnd.Fault, _ what: String,
    _ origin: String, _ oracle: Oracle = .endedWhileBound,
    driver: DriverFault = .none, on scenario: Scenario = .ends
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin, expected: .violation,
      oracle: oracle, scheme: "fallow", scenario: scenario
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        FaultyEnd(
          library: LibraryModel(
            Reclaimer(sharing: machine.sharing(driver)),
            sharing: machine.sharing(driver)), fault: fault)
      }.run()
    }
  }

  /// Ends that are right, and those that are not.
  static var ends: [CatalogueEntry] {
    let root = "CVE-2026-23429: a shared space outlives its page tables"
    let teardown = "CVE-2020-27671 (XSA-346): the IOMMU is flushed too late"
    let missing = "CVE-2023-34326 (XSA-442): an IOMMU that is not flushed"
    return [
      library(
        "end-fallow", "devices leave a space, and it comes to its end",
        Origin.claim, .ends, .fallow),
      library(
        "end-two-iommus-fallow",
        "the same behind two IOMMUs, refused while "
          + "one is left", Origin.claim, .ends(iommus: 2), .fallow),
      library(
        "end-two-spaces-fallow", "two spaces, of which each ends",
        own("the list of spaces is read and changed under its lock"),
        .ends(pasids: 2), .fallow),
      library(
        "end-failing-fallow", "the same with an IOMMU that may fail",
        own("an unanswered unbind stays a member"), .ends(failing: true),
        .fallow),
      end(
        "ends-while-bound", .ignoresDevices,
        "whether devices share the space is not looked at", root,
        on: .ends(from: .bound)),
      end(
        "ends-after-clearing", .afterClearing,
        "the root goes once the device's entry is cleared", teardown,
        on: .ends(from: .bound)),
      end(
        "ends-before-answer", .beforeAnswer,
        "the root goes before the IOMMU has forgotten it", teardown,
        on: .ends(from: .bound)),
      end(
        "ends-unanswered", .ignoresAnswer,
        "the root goes although the IOMMU did not answer",
        "CVE-2021-28692 (XSA-373)", .endedWhileBound,
        on: .ends(from: .bound, failing: true)),
      end(
        "ends-with-entry", .keepsEntry,
        "the IOMMU keeps the entry that leads to the root", missing,
        .endedWhileBound, driver: .keepsEntry, on: .ends(from: .bound)),
      end(
        "ends-with-translations", .keepsTranslations,
        "the IOMMU keeps what it read through the root", missing,
        on: .ends(from: .bound)),
      end(
        "ends-twice", .twice, "two callers give the root back",
        "Fallow's own: the end consumes the space", .doubleFree),
    ]
  }
}

extension Scenario {
  fileprivate static var ends: Scenario { ends() }

  /// CPU 0 unmaps a table while CPU 1 makes devices leave, and ends what they
  /// shared.
  fileprivate static func ends(
    from: SlotState = .apart, iommus: Int = 1, pasids: Int = 1,
    failing: Bool = false
  ) -> Scenario {
    var scenario = mapUnmap(
      Catalogue.bounds(cpus: 2, frames: 1), iommus: iommus, pasids: pasids,
      failing: failing
    ).apart(cpu: 1).once
    scenario.start = .mapped
    scenario.moves.removeAll {
      $0.operation == .bind || $0.operation == .map
    }
    for index in scenario.moves.indices
    where scenario.moves[index].operation == .unbind {
      scenario.moves[index].to = .apart
      scenario.moves[index].otherwise = .bound
    }
    scenario.moves.append(
      Move(.end, from: from, to: .over, actors: from == .bound ? 2 : 3))
    // An actor that ends a bound space does not unbind it first.
    if from == .bound {
      scenario.moves.removeAll { $0.operation == .unbind }
    }
    scenario.mustHappen = [.walked, .released, .ended]
    if failing { scenario.mustHappen.insert(.failed) }
    return scenario
  }
}
