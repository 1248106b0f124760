// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What a CPU has to itself, what comes to it, and what waits for readers.
extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Operations that stay where they are, and those that are moved away.
  static var perCPU: [CatalogueEntry] {
    let quicklists = "Linux's quicklists: get_cpu_var() around each use"
    return [
      cached(
        "cpu-cache", "an operation stays on its CPU while it uses its cache",
        quicklists, stays: true),
      cached(
        "cpu-cache-migrated", "an operation is moved to another CPU meanwhile",
        quicklists, .leak, stays: false),
      masking(
        "interrupts-masked", "each CPU has its interrupts off under a lock",
        own("a lock that interrupts of two CPUs take"), cpus: 3),
      masking(
        "interrupts-unmasked", "CPU 1 has its interrupts on under the lock",
        own("a lock that interrupts of two CPUs take"), .selfDeadlock,
        cpus: 1),
      callback(
        "callback", "a table is freed once all readers have left",
        own("a call that waits for readers")),
      callback(
        "callback-first", "the call is put off before the entry is cleared",
        own("a grace period that begins too early"), .releasedWhileLinked,
        .putsOffFirst),
      callback(
        "callback-none", "the table is freed at once, and readers are there",
        own("a grace period that is left out"), .accessToFree, .freesAtOnce),
      callback(
        "callback-sleeps", "the IOMMUs are waited for in the callback",
        own("a callback that sleeps"), .sleepInAtomic, .invalidatesInCallback),
    ]
  }

  // MARK: Migration

  /// Each CPU has a table ready for the next map that runs on it.
  private static func cached(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, stays: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario()
    scenario.bounds.migrates = true
    scenario.bounds.startsUnshared = true
    scenario.mustHappen = []
    @Sendable func atOneCPU<Result>(
      _ machine: SteppingMachine,
      _ use: (KernelWord) throws(Stop) -> Result
    ) throws(Stop) -> Result {
      if stays { try machine.enterReadSection() }
      let result = try use(.retired(by: try machine.currentCPU()))
      if stays { try machine.leaveReadSection() }
      return result
    }
    return plain(name, what, origin, oracle, on: scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        let word = try atOneCPU(machine) { (cache) throws(Stop) in
          let word = try machine.load(cache)
          if word != 0 { try machine.store(0, to: cache) }
          return word
        }
        if word == 0 { return try Steps.map(machine, slot) }
        return try Steps.mapAgain(FrameNumber(word &- 1), machine, slot)
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        let isKept = try atOneCPU(machine) { (cache) throws(Stop) in
          if try machine.load(cache) != 0 { return false }
          try machine.store(table.rawValue &+ 1, to: cache)
          return true
        }
        if !isKept { try machine.free(table, order: 0) }
        return true
      }
    }
  }

  // MARK: Interrupts

  /// Operations and interrupts of two CPUs take one spin lock.
  private static func masking(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, cpus: Int
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(slots: 1)
    scenario.bounds.interrupts = 2
    scenario.bounds.interruptsOnEachCPU = true
    scenario.bounds.startsUnshared = true
    scenario.moves = [
      Move(.translate, from: nil, to: .empty, actors: 0b11),
      Move(.narrow, from: nil, to: .empty, actors: 0b1_1000),
    ]
    scenario.mustHappen = [.interrupted]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, _) throws(Stop) in
        _ = try machine.load(KernelWord(index: 4))
        let masks = cpus >> (try machine.currentCPU()) & 1 != 0
        if masks { try machine.disableInterrupts() }
        try machine.lock(.spin(0))
        try machine.unlock(.spin(0))
        if masks { try machine.enableInterrupts() }
        return true
      }
      $0.narrow = { (machine, _) throws(Stop) in
        try machine.lock(.spin(0))
        try machine.unlock(.spin(0))
        return true
      }
    }
  }

  // MARK: Callbacks

  private enum CallbackFault {
    case none, putsOffFirst, freesAtOnce, invalidatesInCallback
  }

  private static func callback(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, _ fault: CallbackFault = .none
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.withReader
    scenario.slots.removeLast()
    scenario.bounds.slots = 1
    scenario.bounds.callbacks = true
    scenario.mustHappen.insert(.readersAwaited)
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, slot) throws(Stop) in
        try machine.enterReadSection()
        if let table = try machine.table(at: slot.rootEntry) {
          _ = try machine.load(table.address + slot.leafOffset)
        }
        try machine.leaveReadSection()
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        if fault == .putsOffFirst,
          let table = try machine.table(at: slot.rootEntry)
        {
          try machine.callAfterReaders(table.rawValue)
        }
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        if fault != .invalidatesInCallback {
          _ = try machine.sharing().invalidateKernelHalf()
        }
        switch fault {
        case .none, .invalidatesInCallback:
          try machine.callAfterReaders(table.rawValue)
        case .freesAtOnce: try machine.free(table, order: 0)
        case .putsOffFirst: break
        }
        return true
      }
      $0.callback = { (machine, _) throws(Stop) in
        let table = FrameNumber(try machine.takeCallback())
        if fault == .invalidatesInCallback {
          _ = try machine.sharing().invalidateKernelHalf()
        }
        try machine.free(table, order: 0)
        return true
      }
    }
  }
}
