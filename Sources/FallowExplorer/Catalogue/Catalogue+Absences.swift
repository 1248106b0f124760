// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowSchemes

/// New entries, where CPUs may cache that an address is not mapped.
extension Catalogue {
  /// When the new entry is made visible.
  private enum Publication: Sendable {
    case after, before, never, ofNeighbour, ofNothing
  }

  private static func absence(
    _ name: String, _ what: String, _ oracle: Oracle,
    _ publication: Publication
  ) -> CatalogueEntry {
    plain(
      name, what,
      "RISC-V privileged specification, section on SFENCE.VMA", oracle,
      on: PlainProtocol.scenario(slots: 1).cachingAbsence
    ) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let table = try machine.makeTable(for: slot) else {
          return false
        }
        if publication == .before { try machine.publish(slot.range, of: nil) }
        try machine.link(table, at: slot.rootEntry)
        switch publication {
        case .before, .never: break
        case .after: try machine.publish(slot.range, of: nil)
        case .ofNothing:
          try machine.publish(
            VirtualRange(start: slot.range.start, size: 0), of: nil)
        case .ofNeighbour:
          try machine.publish(
            VirtualRange(
              start: VirtualAddress(
                slot.range.start.rawValue ^ 2 << FrameNumber.shift),
              size: FrameNumber.size), of: nil)
        }
        return true
      }
    }
  }

  /// Maps that make their entries visible, and those that do not.
  static var absences: [CatalogueEntry] {
    [
      absence("absence", "a new entry is made visible", .none, .after),
      absence(
        "absence-unpublished", "a new entry is not made visible",
        .staleAbsence, .never),
      absence(
        "absence-published-first", "visible is made what is not there yet",
        .staleAbsence, .before),
      absence(
        "absence-of-neighbour", "another range is made visible",
        .staleAbsence, .ofNeighbour),
      absence(
        "absence-of-nothing", "an empty range is made visible",
        .staleAbsence, .ofNothing),
    ]
  }

  /// The library where CPUs cache that an address is not mapped.
  static var publishing: [CatalogueEntry] {
    [
      library(
        "absence-fallow",
        "map and unmap, and CPUs cache that an address is not mapped",
        own("new entries are visible before the operation returns"),
        Scenario.mapUnmap(bounds()).cachingAbsence, .fallow),
      library(
        "absence-reshape-fallow", "split, collapse and promote there",
        own("new entries are visible before the operation returns"),
        Scenario.smallReshape.cachingAbsence, .fallow),
    ]
  }
}

extension Scenario {
  /// The same where CPUs may cache that an address is not mapped.
  fileprivate var cachingAbsence: Scenario {
    var scenario = self
    scenario.rules = scenario.rules.cachingAbsence
    return scenario
  }
}
