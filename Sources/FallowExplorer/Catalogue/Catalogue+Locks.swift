// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What keeps others away: interrupts that are off, locks of all kinds, and
/// fences.
extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// Readers and writers that are kept apart, and those that are not.
  static var locks: [CatalogueEntry] {
    let gup = "Linux 2ba99c5e0881: mm/khugepaged: fix GUP-fast by sending IPI"
    return [
      reader(
        "reader-interrupts-off", "the interrupts of a flush wait for a reader",
        gup, readerMasks: true, interrupts: true),
      reader(
        "reader-interrupts-on", "a reader's interrupts are on", gup,
        .accessToFree, readerMasks: false, interrupts: true),
      reader(
        "reader-not-interrupted", "the CPUs are flushed without interrupts",
        gup, .accessToFree, readerMasks: true, interrupts: false),
      interrupted(
        "list-lock-irqsave", "interrupts are off while the list's lock is held",
        own("a lock that an interrupt takes too"), masks: true),
      interrupted(
        "list-lock-interrupted", "an interrupt wants the lock that it found",
        "Linux 7.2, mm/pgtable-generic.c: a plain spin lock", .selfDeadlock,
        masks: false),
      readerWriter(
        "reader-lock",
        "a reader has the lock for reading, an unmap for writing",
        "CVE-2023-3269: the form that is right", writes: true),
      readerWriter(
        "reader-lock-shared", "an unmap has the lock for reading alone",
        "CVE-2023-3269: freed under the lock for reading", .accessToFree,
        writes: false),
      hazard(
        "hazard-fenced", "a reader says by a full fence what it will use",
        own("a hazard pointer"), isFenced: true),
      hazard(
        "hazard-stored", "a reader says by a plain store what it will use",
        own("a hazard pointer that is in a store buffer"), .accessToFree,
        isFenced: false),
    ]
  }

  // MARK: Interrupts

  private static func reader(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, readerMasks: Bool, interrupts: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.withReader
    scenario.slots.removeLast()
    scenario.bounds.slots = 1
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, slot) throws(Stop) in
        if readerMasks { try machine.disableInterrupts() }
        if let table = try machine.table(at: slot.rootEntry) {
          _ = try machine.load(table.address + slot.leafOffset)
        }
        if readerMasks { try machine.enableInterrupts() }
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        if interrupts {
          try machine.flushCPUs(slot.range)
        } else {
          try machine.broadcastFlush(slot.range)
        }
        try Steps.retire(
          FrameNumber(containing: PhysicalAddress(entry)), on: machine)
        return true
      }
    }
  }

  private static func interrupted(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, masks: Bool
  ) -> CatalogueEntry {
    var scenario = PlainProtocol.scenario(cpus: 1)
    scenario.bounds.interrupts = 1
    scenario.mustHappen.insert(.interrupted)
    return plain(name, what, origin, oracle, on: scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        if masks { try machine.disableInterrupts() }
        try machine.push(table)
        if masks { try machine.enableInterrupts() }
        try machine.scheduleWorker(after: 0)
        return true
      }
    }
  }

  // MARK: Locks for readers and writers

  private static func readerWriter(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, writes: Bool
  ) -> CatalogueEntry {
    let lock = ReaderWriterLock(
      lock: .mutex(0), readers: KernelWord(index: 4))
    var scenario = PlainProtocol.withReader
    scenario.slots.removeLast()
    scenario.bounds.slots = 1
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, slot) throws(Stop) in
        try machine.lockForReading(lock)
        if let table = try machine.table(at: slot.rootEntry) {
          _ = try machine.load(table.address + slot.leafOffset)
        }
        try machine.unlockForReading(lock)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        if writes {
          try machine.lockForWriting(lock)
        } else {
          try machine.lockForReading(lock)
        }
        let table = try Steps.unlink(machine, slot)
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.free(table, order: 0)
        if writes {
          try machine.unlockForWriting(lock)
        } else {
          try machine.unlockForReading(lock)
        }
        return true
      }
    }
  }

  // MARK: Plain stores

  /// A reader says in a word which table it will use, and looks once more
  /// whether it is linked; the CPU that frees a table looks at the word.
  private static func hazard(
    _ name: String, _ what: String, _ origin: String,
    _ oracle: Oracle = .none, isFenced: Bool
  ) -> CatalogueEntry {
    let hazard = KernelWord(index: 4)
    var scenario = PlainProtocol.withReader
    scenario.slots.removeLast()
    scenario.bounds.slots = 1
    scenario.bounds.storeBuffers = 1
    scenario.start = .mapped
    scenario.moves.removeAll { $0.operation == .map }
    for index in scenario.moves.indices
    where scenario.moves[index].operation == .unmap {
      scenario.moves[index].to = .over
    }
    scenario.mustHappen = [.walked, .released]
    return plain(name, what, origin, oracle, on: scenario) {
      $0.translate = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return true
        }
        if isFenced {
          _ = try machine.exchange(table.rawValue, at: hazard)
        } else {
          try machine.store(table.rawValue, to: hazard)
        }
        if try machine.table(at: slot.rootEntry) == table {
          _ = try machine.load(table.address + slot.leafOffset)
        }
        try machine.store(0, to: hazard)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        _ = try machine.sharing().invalidateKernelHalf()
        while true {
          try machine.attempt()
          let used = try machine.compareExchange(
            hazard, expected: 0, desired: 0)
          if used != table.rawValue { break }
        }
        try machine.free(table, order: 0)
        return true
      }
    }
  }
}
