// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// IOMMUs that do not snoop the CPUs' caches.
extension Catalogue {
  /// Stores that are written back, and those that are not.
  static var writeBacks: [CatalogueEntry] {
    let missing = "XSA-321: insufficient cache write-back under VT-d"
    return [
      writeBack(
        "write-back", "each store is written back before the IOMMU is asked",
        "XSA-321: the form that is right"),
      writeBack(
        "write-back-no-clearing", "the cleared entry is not written back",
        missing, .notWrittenBack, clearing: .never),
      writeBack(
        "write-back-clearing-late",
        "the cleared entry is written back after the invalidation", missing,
        .notWrittenBack, clearing: .afterInvalidation),
      writeBack(
        "write-back-no-table", "a table is linked before it is written back",
        missing, .leftoverEntry, writesTable: false),
    ]
  }

  private enum Clearing { case beforeInvalidation, afterInvalidation, never }

  private static func writeBack(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, clearing: Clearing = .beforeInvalidation,
    writesTable: Bool = true
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(slots: 1).withoutCPUWalks
    scenario.bounds.iommusSnoop = false
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let table = try machine.makeTable(for: slot) else {
          return false
        }
        if writesTable { try machine.writeBack(table.address) }
        try machine.link(table, at: slot.rootEntry)
        try machine.writeBack(slot.rootEntry, count: 1)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        if clearing == .beforeInvalidation {
          try machine.writeBack(slot.rootEntry, count: 1)
        }
        _ = try machine.sharing().invalidateKernelHalf()
        if clearing == .afterInvalidation {
          try machine.writeBack(slot.rootEntry, count: 1)
        }
        try machine.free(
          FrameNumber(containing: PhysicalAddress(entry)), order: 0)
        return true
      }
    }
  }
}
