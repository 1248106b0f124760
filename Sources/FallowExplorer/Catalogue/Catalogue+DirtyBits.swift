// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Bits of leaves that walkers set while code changes the leaf.
extension Catalogue {
  /// Changes that keep what walkers set, and those that do not.
  static var dirtyBits: [CatalogueEntry] {
    [
      dirty(
        "dirty-bit", "a right goes by a compare-exchange that tries again",
        "Linux 6d332747fa5f: the form that is right", isAtomic: true),
      dirty(
        "dirty-bit-lost", "a right goes by a load and a store",
        "Linux 6d332747fa5f: the dirty state is lost to a hardware update",
        .lostDirtyBit, isAtomic: false),
    ]
  }

  private static func dirty(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, isAtomic: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.bounds.walkersSetBits = true
    scenario.bounds.keepsRights = true
    scenario.start = .mapped
    scenario.moves = [Move(.narrow, from: .mapped, to: .readOnly)]
    scenario.mustHappen = [.walked]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = PlainProtocol.Steps.mapWritable
      $0.narrow = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return false
        }
        let entry = table.address + slot.leafOffset
        while true {
          try machine.attempt()
          let old = try machine.load(entry)
          let new = old & ~TinyEntry.writable
          if !isAtomic {
            try machine.store(new, to: entry)
            break
          }
          if try machine.compareExchange(entry, expected: old, desired: new)
            == old
          {
            break
          }
        }
        try machine.flushCPUs(slot.range)
        return try machine.sharing().invalidateKernelHalf()
      }
    }
  }
}
