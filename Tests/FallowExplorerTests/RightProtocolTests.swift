// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// Protocols that are right, each in its own way, and must be safe with default
/// settings; beside most stands the same with one thing wrong.
@Suite struct RightProtocolTests {
  private typealias Steps = PlainProtocol.Steps

  private func expectSafe(
    _ outcome: Outcome, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      outcome.verdict == .safe,
      "\(outcome.oracle) \(outcome.missing) \(outcome.neverBegun)",
      sourceLocation: location)
    guard case .passed = outcome.liveness else {
      Issue.record("\(outcome.liveness)", sourceLocation: location)
      return
    }
  }

  private func expect(
    _ oracles: Set<Oracle>, _ outcome: Outcome,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.verdict == .violation, sourceLocation: location)
    #expect(
      oracles.contains(outcome.oracle), "\(outcome.oracle)",
      sourceLocation: location)
  }

  // MARK: What a word holds

  /// A list whose heads and links hold tables as they are encoded.
  private func search(
    _ encoding: RandomHandover.Encoding, through field: DescriptorField,
    queuesFirst: Bool
  ) -> Outcome {
    @Sendable func push(
      _ table: FrameNumber, _ machine: SteppingMachine
    ) throws(Stop) {
      try machine.describe(table, as: .quarantined)
      try machine.lock(.foreignList)
      let head = try machine.load(.foreignList)
      try machine.store(head, to: field, of: table)
      _ = try machine.exchange(encoding.word(for: table), at: .foreignList)
      try machine.unlock(.foreignList)
      try machine.scheduleWorker(after: 0)
    }
    return PlainProtocol.search(PlainProtocol.scenario(cpus: 1)) {
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: slot.rootEntry) else {
          return false
        }
        if queuesFirst { try push(table, machine) }
        _ = try machine.exchange(0, at: slot.rootEntry)
        try machine.flushCPUs(slot.range)
        if !queuesFirst { try push(table, machine) }
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        try machine.lock(.foreignList)
        var head = try machine.exchange(0, at: .foreignList)
        try machine.unlock(.foreignList)
        if head == 0 { return true }
        _ = try machine.sharing().invalidateKernelHalf()
        while let table = encoding.table(in: head) {
          head = try machine.load(field, of: table)
          try machine.free(table, order: 0)
        }
        return true
      }
    }
  }

  @Test(arguments: RandomHandover.Encoding.allCases)
  func listsHoldTablesInAnyWay(encoding: RandomHandover.Encoding) {
    expectSafe(search(encoding, through: .link, queuesFirst: false))
    expect(
      [.retiredWhileLinked], search(encoding, through: .link, queuesFirst: true)
    )
  }

  @Test func listsRunThroughAnyField() {
    expectSafe(search(.numberPlusOne, through: .binding, queuesFirst: false))
    expect(
      [.retiredWhileLinked],
      search(.numberPlusOne, through: .binding, queuesFirst: true))
  }

  /// A word that counts is no table's number, whatever it counts to.
  @Test(arguments: [(4 as UInt64, true), (5, false)])
  func aWordCounts(never: UInt64, isRead: Bool) {
    let word = KernelWord(index: 4)
    let scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    let outcome = PlainProtocol.search(scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        try machine.lock(.spin(0))
        let count = try machine.load(word)
        if count == never {
          try machine.fault(.wrongState, at: machine.core.number(1))
        }
        _ = try machine.exchange(count == 4 ? 0 : count + 1, at: word)
        try machine.unlock(.spin(0))
        return try Steps.unmap(machine, slot)
      }
    }
    if isRead { expect([.wrongState], outcome) } else { expectSafe(outcome) }
  }

  // MARK: How a tree is built

  /// A subtree is built from its leaves up, and published by one store.
  @Test(arguments: [true, false])
  func aSubtreeIsPublishedByOneStore(flushes: Bool) {
    var bounds = Bounds()
    bounds.levels = 3
    let entry = FrameNumber(FrameName.number(0)).address
    let range = VirtualRange(
      start: VirtualAddress(0), size: 4 << FrameNumber.shift)
    let outcome = PlainProtocol.search(.mapUnmap(bounds)) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let leaf = try machine.makeTable(for: slot) else { return false }
        let upper = try machine.allocate(order: 0)
        if upper == .none {
          try machine.free(leaf, order: 0)
          return false
        }
        try machine.describe(upper, as: .linked)
        try machine.fill(upper.address, count: 2, first: 0, step: 0)
        try machine.link(leaf, at: upper.address)
        try machine.link(upper, at: entry)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let upper = try machine.table(at: entry),
          let leaf = try machine.table(at: upper.address)
        else { return false }
        _ = try machine.exchange(0, at: entry)
        if flushes { try machine.flushCPUs(range) }
        for table in [upper, leaf] {
          try machine.describe(table, as: .quarantined)
          try machine.push(table)
        }
        try machine.scheduleWorker(after: 0)
        return true
      }
    }
    if flushes { expectSafe(outcome) } else { expect([.heldByCPU], outcome) }
  }

  /// One table hangs under both entries of the root, and goes when both are
  /// cleared.
  @Test(arguments: [true, false])
  func aTableHangsUnderTwoEntries(clearsBoth: Bool) {
    let root = FrameNumber(FrameName.number(0)).address
    let range = VirtualRange(
      start: VirtualAddress(0), size: 4 << FrameNumber.shift)
    let outcome = PlainProtocol.search(
      PlainProtocol.scenario(cpus: 1, slots: 1)
    ) {
      $0.map = { (machine, slot) throws(Stop) in
        guard let table = try machine.makeTable(for: slot) else {
          return false
        }
        try machine.link(table, at: root)
        try machine.link(table, at: root + 8)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        guard let table = try machine.table(at: root) else { return false }
        _ = try machine.exchange(0, at: root)
        if clearsBoth { _ = try machine.exchange(0, at: root + 8) }
        try machine.flushCPUs(range)
        try Steps.retire(table, on: machine)
        return true
      }
    }
    if clearsBoth {
      expectSafe(outcome)
    } else {
      expect([.retiredWhileLinked], outcome)
    }
  }

  // MARK: When a table is released

  /// What is retired waits for the next map: there is no worker.
  @Test(arguments: [true, false])
  func theNextMapReleases(invalidates: Bool) {
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        if let first = try machine.takeAll() {
          if invalidates { _ = try machine.sharing().invalidateKernelHalf() }
          try machine.releaseAll(from: first)
        }
        return try Steps.map(machine, slot)
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        try machine.push(table)
        return true
      }
    }
    if invalidates {
      expectSafe(outcome)
    } else {
      expect([.invalidationSkipped], outcome)
    }
  }

  /// One table is kept for the next map, ready for use.
  @Test(arguments: [true, false])
  func aTableWaitsInACache(invalidates: Bool) {
    let cache = KernelWord(index: 5)
    let outcome = PlainProtocol.search {
      $0.map = { (machine, slot) throws(Stop) in
        let cached = try machine.exchange(0, at: cache)
        if cached == 0 { return try Steps.map(machine, slot) }
        let table = FrameNumber(cached &- 1)
        try machine.describe(table, as: .linked)
        try machine.fill(table.address, count: 2, first: 0, step: 0)
        try machine.store(slot.leaf, to: table.address + slot.leafOffset)
        try machine.link(table, at: slot.rootEntry)
        return true
      }
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        if invalidates { _ = try machine.sharing().invalidateKernelHalf() }
        let before = try machine.compareExchange(
          cache, expected: 0, desired: table.rawValue &+ 1)
        if before != 0 { try machine.free(table, order: 0) }
        return true
      }
    }
    if invalidates {
      expectSafe(outcome)
    } else {
      #expect(outcome.verdict == .violation)
    }
  }

  @Test func aTableIsReleasedAtOnce() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        _ = try machine.sharing().invalidateKernelHalf()
        try machine.free(table, order: 0)
        return true
      }
      $0.reclaim = { (_, _) throws(Stop) in true }
    }
    expectSafe(outcome)
  }

  /// Two lists, one for each CPU and one for the worker's own.
  @Test func eachCPUHasAList() {
    let outcome = PlainProtocol.search {
      $0.unmap = { (machine, slot) throws(Stop) in
        let table = try Steps.unlink(machine, slot)
        try machine.describe(table, as: .quarantined)
        let cpu = try machine.currentCPU()
        try machine.push(
          table, onto: .retired(by: cpu), under: .spin(cpu))
        try machine.scheduleWorker(after: 0)
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        for cpu in 0..<machine.cpuCount {
          guard
            let first = try machine.takeAll(
              from: .retired(by: cpu), under: .spin(cpu))
          else { continue }
          try Steps.release(first, on: machine)
        }
        return true
      }
    }
    expectSafe(outcome)
  }

  // MARK: Walks and interrupts

  @Test(arguments: [false, true])
  func onlyIOMMUsWalk(cpusWalk: Bool) {
    var scenario = PlainProtocol.scenario()
    scenario.bounds.cpusWalk = cpusWalk
    let outcome = PlainProtocol.search(scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        let entry = try machine.exchange(0, at: slot.rootEntry)
        try Steps.retire(
          FrameNumber(containing: PhysicalAddress(entry)), on: machine)
        return true
      }
    }
    if cpusWalk { expect([.heldByCPU], outcome) } else { expectSafe(outcome) }
  }

  /// A reader with its interrupts off is waited for by the interrupt that
  /// flushes the CPUs.
  @Test(arguments: [true, false])
  func aFlushWaitsForReaders(isOff: Bool) {
    let outcome = PlainProtocol.search(PlainProtocol.withReader) {
      $0.translate = { (machine, slot) throws(Stop) in
        if isOff { try machine.disableInterrupts() }
        if let table = try machine.table(at: slot.rootEntry) {
          _ = try machine.load(table.address + slot.leafOffset)
        }
        if isOff { try machine.enableInterrupts() }
        return true
      }
    }
    if isOff { expectSafe(outcome) } else { expect([.accessToFree], outcome) }
  }

  @Test(arguments: [true, false])
  func anInterruptTakesTheListsLock(masks: Bool) {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 2)
    scenario.bounds.interrupts = 1
    @Sendable func retire(
      _ table: FrameNumber, _ machine: SteppingMachine
    ) throws(Stop) {
      try machine.describe(table, as: .quarantined)
      if masks { try machine.disableInterrupts() }
      try machine.push(table)
      if masks { try machine.enableInterrupts() }
      try machine.scheduleWorker(after: 0)
    }
    let outcome = PlainProtocol.search(scenario) {
      $0.unmap = { (machine, slot) throws(Stop) in
        try retire(try Steps.unlink(machine, slot), machine)
        return true
      }
      $0.reclaim = { (machine, _) throws(Stop) in
        if masks { try machine.disableInterrupts() }
        let first = try machine.takeAll()
        if masks { try machine.enableInterrupts() }
        if let first { try Steps.release(first, on: machine) }
        return true
      }
    }
    if masks { expectSafe(outcome) } else { expect([.selfDeadlock], outcome) }
  }
}
