// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// A frame that is used by who gave it back, while its next owner takes it
  /// for private; a flag leaves no time at which the frame is free.
  static var usedAfterRelease: CatalogueEntry {
    let (isTaken, kept) = (KernelWord(index: 4), KernelWord(index: 5))
    var scenario = PlainProtocol.withReader
    scenario.bounds.frames = 1
    return plain(
      "plain-used-after-release", "a descriptor is written by its last owner",
      own("a use after free that no free frame shows"), .wrongState,
      on: scenario
    ) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.free(table, order: 0)
        if try machine.load(isTaken) == 1 {
          try machine.store(7, to: .entryCount, of: table)
        }
        return true
      }
      $0.translate = { (machine, _) throws(Stop) in
        if try machine.load(kept) != 0 { return true }
        let own = try machine.allocate(order: 0)
        if own == .none { return true }
        _ = try machine.exchange(1, at: isTaken)
        try machine.store(0, to: .entryCount, of: own)
        if try machine.load(.entryCount, of: own) != 0 {
          try machine.fault(.wrongState, at: own)
        }
        _ = try machine.exchange(own.rawValue, at: kept)
        return true
      }
    }
  }
}
