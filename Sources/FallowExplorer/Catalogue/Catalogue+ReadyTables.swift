// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Tables that wait, ready, for the next map.
  static var readyTables: [CatalogueEntry] {
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
          return try Steps.mapAgain(FrameNumber(cached &- 1), machine, slot)
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
