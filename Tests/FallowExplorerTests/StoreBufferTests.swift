// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// What a memory with store buffers shows, and what it does not.
@Suite struct StoreBufferTests {
  private func search(_ program: Litmus.Program, storeBuffers: Int) -> Outcome {
    var bounds = Bounds()
    bounds.cpus = 2
    bounds.slots = 2
    bounds.storeBuffers = storeBuffers
    var scenario = Scenario.mapUnmap(bounds)
    scenario.moves = [Move(.map, from: .empty, to: .busy)]
    if program == .message {
      scenario.slots.removeLast()
      scenario.moves = [
        Move(.map, from: .empty, to: .busy, actors: 1),
        Move(.translate, from: nil, to: .empty, actors: 2),
      ]
    }
    scenario.mustHappen = []
    return Search(scenario) { (machine) throws(Stop) in
      Litmus(machine: machine, program: program)
    }.run()
  }

  @Test(arguments: [0, 2])
  func aLoadOvertakesAStore(storeBuffers: Int) {
    let outcome = search(.storeThenLoad, storeBuffers: storeBuffers)
    #expect(outcome.verdict == (storeBuffers == 0 ? .safe : .violation))
  }

  /// What gives a lock back needs room, and lets the store before it be seen:
  /// not in one turn with the load that came between.
  @Test(arguments: [1, 2])
  func aFullBufferIsNoFenceForTheLoadBefore(storeBuffers: Int) {
    let outcome = search(
      .storeThenLoadUnderLock, storeBuffers: storeBuffers)
    #expect(outcome.verdict == .violation)
    #expect(outcome.oracle == .wrongState)
  }

  @Test func noLoadOvertakesAFence() {
    #expect(search(.exchangeThenLoad, storeBuffers: 2).verdict == .safe)
  }

  @Test(arguments: [Litmus.Program.storeThenLoadOwn, .message])
  fileprivate func storesKeepTheirOrder(program: Litmus.Program) {
    let outcome = search(program, storeBuffers: 2)
    #expect(outcome.verdict == .safe)
    #expect(outcome.happened.contains(.storeWaited))
  }
}

/// Two CPUs that write one word and read the other's.
private struct Litmus: Model {
  enum Program {
    /// Each stores and then loads; both must not find that the other did not.
    case storeThenLoad
    /// The same, each with a lock of its own.
    case storeThenLoadUnderLock
    /// The same with a full fence.
    case exchangeThenLoad
    /// Each finds what it stored itself.
    case storeThenLoadOwn
    /// One stores twice; the other must not see the second without the first.
    case message
  }

  let machine: SteppingMachine
  let program: Program

  private func word(_ slot: Int) -> PhysicalAddress {
    Slot(number: slot, firstPage: slot * 2, pageCount: 1).rootEntry
  }

  private func demand(_ isSo: Bool) throws(Stop) {
    if !isSo { try machine.fault(.wrongState, at: FrameNumber(1)) }
  }

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    if operation == .translate {
      if try machine.load(word(1)) != 0 {
        try demand(try machine.load(word(0)) != 0)
      }
      return true
    }
    if program == .message {
      try machine.store(slot.leaf, to: word(0))
      try machine.store(slot.leaf, to: word(1))
      // An operation's end waits until all is seen.
      _ = try machine.load(word(0))
      return true
    }
    let own = word(slot.number)
    let lock = KernelLock(rawValue: 4 + UInt8(slot.number))
    if program == .storeThenLoadUnderLock { try machine.lock(lock) }
    if program == .exchangeThenLoad {
      _ = try machine.exchange(slot.leaf, at: own)
    } else {
      try machine.store(slot.leaf, to: own)
    }
    if program == .storeThenLoadOwn {
      try demand(try machine.load(own) == slot.leaf)
      return true
    }
    let otherStored = try machine.load(word(1 - slot.number)) != 0
    if program == .storeThenLoadUnderLock { try machine.unlock(lock) }
    if !otherStored {
      _ = try machine.exchange(1, at: .retired(by: slot.number))
      try demand(try machine.load(.retired(by: 1 - slot.number)) == 0)
    }
    return true
  }
}
