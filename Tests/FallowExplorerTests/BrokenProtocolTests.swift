// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// Protocols that are broken, and must be found so with default settings: each
/// departs from a right one in one thing.
@Suite struct BrokenProtocolTests {
  private typealias Steps = PlainProtocol.Steps

  private func expect(
    _ oracles: Set<Oracle>, _ outcome: Outcome,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.verdict == .violation, sourceLocation: location)
    #expect(
      oracles.contains(outcome.oracle), "\(outcome.oracle)",
      sourceLocation: location)
    #expect(outcome.isConfirmed, sourceLocation: location)
  }

  @Test func theOneTheyDepartFromIsSafe() {
    let outcome = PlainProtocol.search { _ in }
    #expect(outcome.verdict == .safe, "\(outcome.sentence)")
    #expect(
      outcome.reductions == .all.subtracting(.standing),
      "\(outcome.obstacles)")
  }

  // MARK: What is private follows from the state

  @Test func aTableIsFilledAfterItIsLinked() {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        let table = try machine.allocate(order: 0)
        if table == .none { return false }
        try machine.describe(table, as: .linked)
        try machine.link(table, at: slot.rootEntry)
        try machine.fill(table.address, count: 2, first: 0, step: 0)
        try machine.store(slot.leaf, to: table.address + slot.leafOffset)
        return true
      }
    }
    expect([.leftoverEntry], outcome)
  }

  @Test func aLinkIsStoredAfterThePush() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        let head = try machine.exchange(
          table.rawValue &+ 1, at: .foreignList)
        try machine.store(head, to: .link, of: table)
        try machine.scheduleWorker(after: 0)
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        let head = try machine.exchange(0, at: .foreignList)
        if head != 0 {
          try Steps.release(FrameNumber(head &- 1), on: machine)
        }
        return true
      }
    }
    expect([.leak, .accessToFree], outcome)
  }

  @Test func anEntryIsClearedByFillAfterTheFlush() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return false
        }
        try machine.flushCPUs(slot.range)
        try machine.fill(slot.rootEntry, count: 1, first: 0, step: 0)
        try Steps.retire(table, on: machine)
        return true
      }
    }
    expect([.heldByCPU], outcome)
  }

  /// Two CPUs add a bit each to the same word of a descriptor by a load and a
  /// store.
  @Test func aDescriptorIsChangedByLoadAndStore() {
    var scenario = PlainProtocol.scenario(cpus: 2, slots: 1)
    scenario.start = .mapped
    scenario.moves = [
      Move(.map, from: .mapped, to: .within, actors: 1),
      Move(.translate, from: nil, to: .empty, actors: 2),
    ]
    scenario.mustHappen = []
    let outcome = PlainProtocol.search(scenario) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return try Steps.map(machine, slot)
        }
        let before = try machine.load(.entryCount, of: table)
        try machine.store(before | 1, to: .entryCount, of: table)
        if try machine.load(.entryCount, of: table) & 1 == 0 {
          try machine.fault(.wrongState, at: table)
        }
        return true
      }
      $0.translate = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return true
        }
        let before = try machine.load(.entryCount, of: table)
        try machine.store(before | 2, to: .entryCount, of: table)
        return true
      }
    }
    expect([.wrongState], outcome)
  }

  // MARK: What a range covers

  @Test(arguments: [0, 1])
  func theCPUsFlushAnotherRange(pages: UInt64) {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        let other = VirtualAddress(
          slot.range.start.rawValue ^ 2 << FrameNumber.shift)
        try machine.flushCPUs(
          VirtualRange(start: other, size: pages << FrameNumber.shift))
        try Steps.retire(
          FrameNumber(containing: PhysicalAddress(entry)), on: machine)
        return true
      }
    }
    expect([.heldByCPU], outcome)
  }

  @Test func aDataPageIsGivenAwayWhileALeafIsCached() {
    func search(flushes: Bool) -> Outcome {
      var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
      scenario.start = .mapped
      scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
      scenario.mustHappen = []
      return PlainProtocol.search(scenario) {
        $0.unmap = { (machine, slot) throws(Stop) in
          guard let table = try machine.table(at: slot.rootEntry) else {
            return false
          }
          _ = try machine.exchange(0, at: table.address + slot.leafOffset)
          if flushes {
            try machine.flushCPUs(slot.range)
            _ = try machine.sharing().invalidateKernelHalf()
          }
          try machine.releasePages(of: slot)
          return true
        }
      }
    }
    expect([.staleLeaf], search(flushes: false))
    #expect(search(flushes: true).verdict == .safe)
  }

  // MARK: What lies outside the machine

  @Test func anEntryBeyondItsTableIsNamed() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        if let table = try machine.table(at: slot.rootEntry) {
          for index in 0..<4 as Range<UInt64> {
            try machine.store(0, to: table.address + 8 * index)
          }
        }
        return try Steps.unmap(machine, slot)
      }
    }
    expect([.outOfBounds], outcome)
  }

  @Test(arguments: [9, 17, 33, 32 + 32 * 5, -1])
  func aWordThatIsNotThereIsNamed(index: Int) {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        _ = try machine.exchange(1, at: KernelWord(index: index))
        return true
      }
    }
    expect([.outOfBounds], outcome)
  }

  @Test func aLockThatIsNotThereIsNamed() {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        try machine.lock(KernelLock(rawValue: 16))
        return true
      }
    }
    expect([.outOfBounds], outcome)
  }

  @Test func noTwoLocksAreOne() {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        for lock in 0..<16 as Range<UInt8> where lock != 2 {
          try machine.lock(KernelLock(rawValue: lock))
        }
        for lock in 0..<16 as Range<UInt8> where lock != 2 {
          try machine.unlock(KernelLock(rawValue: lock))
        }
        return try Steps.map(machine, slot)
      }
    }
    // A spin lock is held while others that sleep are taken.
    expect([.sleepInAtomic], outcome)
  }

  @Test func aStatisticDecidesNothing() {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        try machine.count(1, at: KernelWord(index: 16))
        return try machine.counted(at: KernelWord(index: 16)) == 0
      }
    }
    expect([.outOfBounds], outcome)
  }

  @Test(arguments: [
    ("frames", 8), ("slots", 3), ("cpus", 7), ("storeBuffers", 9),
  ])
  func aMachineThatIsTooLargeIsRefused(name: String, value: Int) {
    var bounds = Bounds()
    switch name {
    case "frames": bounds.frames = value
    case "slots": bounds.slots = value
    case "cpus": bounds.cpus = value
    default: bounds.storeBuffers = value
    }
    let outcome = PlainProtocol.search(.mapUnmap(bounds)) { _ in }
    #expect(outcome.verdict == .refused)
    #expect(outcome.obstruction?.contains("slot") == (name == "slots"))
  }

  @Test func anOperationWithoutAFunctionIsNamed() {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.moves.append(
      Move(Operation("harvest"), from: .mapped, to: .mapped))
    let outcome = Search(scenario) { (machine) throws(Stop) in
      Functions(
        on: machine,
        [
          .map: { (slot) throws(Stop) in try Steps.map(machine, slot) },
          .unmap: { (slot) throws(Stop) in try Steps.unmap(machine, slot) },
          .reclaim: { (slot) throws(Stop) in try Steps.reclaim(machine, slot) },
        ])
    }.run()
    expect([.unknownOperation], outcome)
  }

  @Test func anOperationThatCatchesAStopIsNamed() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        try machine.push(table)
        try? machine.scheduleWorker(after: 0)
        return true
      }
    }
    expect([.swallowedStop], outcome)
  }

  // MARK: What a search must not take for granted

  /// Frames with a high number are freed at once.
  @Test func codeThatLooksAtFrameNumbersIsFound() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        guard machine.core.index(of: table) == 2 else {
          try Steps.retire(table, on: machine)
          return true
        }
        try machine.describe(table, as: .quarantined)
        try machine.free(table, order: 0)
        return true
      }
    }
    expect([.invalidationSkipped], outcome)
    #expect(outcome.obstacles.contains(.framesDiffer))
    #expect(!outcome.reductions.contains(.frameSymmetry))
  }

  /// The tables of one slot are freed at once.
  @Test func codeThatLooksAtTheSlotIsFound() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        guard slot.number == 1 else { return try Steps.unmap(machine, slot) }
        let table = try Steps.unlink(machine, slot)
        try machine.free(table, order: 0)
        return true
      }
    }
    expect([.invalidationSkipped], outcome)
    #expect(!outcome.reductions.contains(.slotSymmetry))
  }

  /// A frame's number comes from nowhere; another actor reaches it so while
  /// its owner takes it for private.
  @Test func aFrameWhoseNumberNobodyHasIsFound() {
    let outcome = PlainProtocol.search(PlainProtocol.withReader) {
      $0.translate = { (machine, _) throws(Stop) in
        let frame = machine.core.number(1)
        try machine.enterReadSection()
        _ = try machine.load(.entryCount, of: frame)
        try machine.leaveReadSection()
        return true
      }
    }
    expect([.accessToFree], outcome)
  }

  /// The only frame is written by who gave it back, while its next owner takes
  /// it for private; a flag leaves no time at which it is free.
  @Test func aFrameIsUsedByWhoGaveItBack() {
    let entry = Catalogue.usedAfterRelease
    var options = SearchOptions()
    options.memory = 512
    let outcome = entry.search(entry.scenario, options)
    expect([.wrongState], outcome)
    #expect(outcome.obstacles.contains(.unnamedFrame))
  }

  @Test func whatCanNeverBeginIsReported() {
    var scenario = PlainProtocol.scenario()
    scenario.moves.append(Move(.split, from: .large, to: .mapped))
    let outcome = PlainProtocol.search(scenario) { _ in }
    #expect(outcome.verdict == .incomplete)
    #expect(outcome.neverBegun == ["split from large"])
  }

  @Test func aLostWakeUpIsFound() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        try machine.scheduleWorker(after: 0)
        try machine.push(table)
        return true
      }
    }
    expect([.leak], outcome)
  }
}
