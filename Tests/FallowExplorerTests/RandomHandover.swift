// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

@testable import FallowExplorer

/// A protocol at random that hands tables over in words: by number, by address,
/// tagged, or in a way that nobody can recognize, beside counters and flags in
/// words and in descriptors.
struct RandomHandover: Model {
  /// How a word holds a table.
  enum Encoding: CaseIterable {
    case numberPlusOne, address, flaggedAddress, directMap, topBit, shifted

    func word(for table: FrameNumber) -> UInt64 {
      switch self {
      case .numberPlusOne: table.rawValue &+ 1
      case .address: table.address.rawValue
      case .flaggedAddress: table.address.rawValue | 5
      case .directMap: 0xffff_8880_0000_0000 + table.address.rawValue
      case .topBit: table.rawValue | 1 << 63
      case .shifted: table.rawValue << 3 ^ 0x1_2345_6789
      }
    }

    func table(in word: UInt64) -> FrameNumber? {
      if word == 0 { return nil }
      let number: UInt64 =
        switch self {
        case .numberPlusOne: word &- 1
        case .address: word >> 12
        case .flaggedAddress: word >> 12
        case .directMap: (word &- 0xffff_8880_0000_0000) >> 12
        case .topBit: word & ~(1 << 63)
        case .shifted: (word ^ 0x1_2345_6789) >> 3
        }
      return FrameNumber(number)
    }
  }

  enum Step {
    case unlink, flush, flushNothing, quarantine, invalidate, awaitReaders
    case push, pushLinkingLate, take, releaseTaken, releaseOwn
    case count, mark, unmark, markBriefly, fillLate, readOther
    case branchOnFrame, branchOnSlot
  }

  let machine: SteppingMachine
  let encoding: Encoding
  /// Which programs lock the list where they push, and where they take.
  let locksPush: [Bool]
  let locksTake: [Bool]
  let programs: [[Step]]
  /// The list, and the lock that guards it if one does.
  var list = KernelWord.foreignList
  var listLock = KernelLock.foreignList

  private static let counter = KernelWord(index: 4)

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    if operation == .map {
      guard let table = try machine.makeTable(for: slot) else { return false }
      try machine.link(table, at: slot.rootEntry)
      return true
    }
    if operation == .translate {
      // What an interrupt does.
      try machine.lock(listLock)
      try machine.unlock(listLock)
      return true
    }
    guard let own = try machine.table(at: slot.rootEntry) else { return false }
    var taken: [FrameNumber] = []
    var isSkipping = false
    for step in programs[slot.number] {
      if isSkipping {
        isSkipping = false
        continue
      }
      switch step {
      case .take: taken += try take(isLocked: locksTake[slot.number])
      case .releaseTaken:
        for table in taken { try machine.free(table, order: 0) }
        taken = []
      case .branchOnFrame: isSkipping = machine.core.index(of: own) == 2
      case .branchOnSlot: isSkipping = slot.number == 1
      default: try perform(step, own, slot)
      }
    }
    return true
  }

  private func perform(
    _ step: Step, _ own: FrameNumber, _ slot: Slot
  ) throws(Stop) {
    switch step {
    case .unlink: _ = try machine.exchange(0, at: slot.rootEntry)
    case .flush: try machine.flushCPUs(slot.range)
    case .flushNothing:
      try machine.flushCPUs(VirtualRange(start: slot.range.start, size: 0))
    case .quarantine: try machine.describe(own, as: .quarantined)
    case .invalidate: _ = try machine.sharing().invalidateKernelHalf()
    case .awaitReaders: try machine.awaitReaders()
    case .push: try push(own, slot, linksLate: false)
    case .pushLinkingLate: try push(own, slot, linksLate: true)
    case .releaseOwn: try machine.free(own, order: 0)
    case .count: try count()
    case .mark:
      let old = try machine.load(.entryCount, of: own)
      try machine.store(
        old | 1 << UInt64(slot.number), to: .entryCount, of: own)
    case .markBriefly:
      try machine.store(1 << UInt64(slot.number), to: .entryCount, of: own)
      try machine.store(0, to: .entryCount, of: own)
    case .unmark: try machine.store(0, to: .entryCount, of: own)
    case .fillLate:
      try machine.fill(
        own.address, count: 2, first: slot.leaf, step: 1 << 12)
    case .readOther: try readOther(slot)
    case .take, .releaseTaken, .branchOnFrame, .branchOnSlot: break
    }
  }

  private func push(
    _ table: FrameNumber, _ slot: Slot, linksLate: Bool
  ) throws(Stop) {
    let isLocked = locksPush[slot.number]
    if isLocked { try machine.lock(listLock) }
    let head = try machine.load(list)
    if !linksLate { try machine.store(head, to: .link, of: table) }
    _ = try machine.exchange(encoding.word(for: table), at: list)
    if linksLate { try machine.store(head, to: .link, of: table) }
    if isLocked { try machine.unlock(listLock) }
  }

  private func take(isLocked: Bool) throws(Stop) -> [FrameNumber] {
    if isLocked { try machine.lock(listLock) }
    var next = encoding.table(in: try machine.exchange(0, at: list))
    if isLocked { try machine.unlock(listLock) }
    var taken: [FrameNumber] = []
    while let table = next, taken.count < 4 {
      taken.append(table)
      next = encoding.table(in: try machine.load(.link, of: table))
    }
    return taken
  }

  /// Counts to 5 by a load and a store; 4 must not be read.
  private func count() throws(Stop) {
    let old = try machine.load(Self.counter)
    if old == 4 { try machine.fault(.wrongState, at: FrameNumber(0)) }
    _ = try machine.exchange(old + 1, at: Self.counter)
  }

  /// Marks the other slot's table, as long as it is linked.
  private func readOther(_ slot: Slot) throws(Stop) {
    try machine.enterReadSection()
    if let table = try machine.table(at: slot.other.rootEntry) {
      let old = try machine.load(.entryCount, of: table)
      try machine.store(old | 4, to: .entryCount, of: table)
      if try machine.load(.entryCount, of: table) & 4 == 0 {
        try machine.fault(.wrongState, at: table)
      }
    }
    try machine.leaveReadSection()
  }
}

extension RandomHandover {
  private static func program(
    _ chances: inout RandomNumbers, _ around: Surroundings?
  ) -> [Step] {
    var steps: [Step] = [
      .unlink, chances.happens(92) ? .flush : .flushNothing, .quarantine,
    ]
    if chances.happens(75) {
      steps.append(chances.happens(75) ? .push : .pushLinkingLate)
      steps.append(.take)
      if chances.happens(85) { steps.append(.invalidate) }
      if chances.happens(85) { steps.append(.awaitReaders) }
      steps.append(.releaseTaken)
    } else {
      if chances.happens(85) { steps.append(.invalidate) }
      if chances.happens(85) { steps.append(.awaitReaders) }
      steps.append(.releaseOwn)
    }
    for _ in 0..<chances.next(below: 4) {
      let more: [Step] = [
        .count, .count, .mark, .unmark, .readOther, .readOther, .fillLate,
        .branchOnFrame, .branchOnSlot, .flush,
      ]
      steps.insert(
        chances.one(of: more), at: chances.below(steps.count))
    }
    if chances.happens(15) {
      let one = chances.below(steps.count)
      let other = chances.below(steps.count)
      steps.swapAt(one, other)
    }
    if around == .property, chances.happens(50) {
      steps.insert(
        .markBriefly, at: chances.below(steps.count))
    }
    return steps
  }

  /// What surrounds the code besides two CPUs.
  private enum Surroundings: CaseIterable {
    case interrupt, storeBuffers, reclaimersList, property
  }

  /// What a seed makes of the machine and of the code; `varies` if of what is
  /// around it too.
  static func search(
    seed: UInt64, _ options: SearchOptions, varies: Bool = false
  ) -> Outcome {
    var chances = RandomNumbers(seed: seed, stream: 5)
    var scenario = Scenario.mapUnmap(Catalogue.bounds(cpus: 2, slots: 2))
    scenario.start = .mapped
    scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
    scenario.mustHappen = []
    let encoding = chances.one(of: Encoding.allCases)
    let around = varies ? chances.one(of: Surroundings.allCases) : nil
    let isLocked = chances.next(below: 4) > 0
    // Around it all locks are as they come: some are forgotten.
    let locks = (0..<4).map { _ in
      varies ? chances.next(below: 2) == 0 : isLocked
    }
    let first = program(&chances, around)
    // Slots are alike only where both programs are.
    let second = chances.next(below: 2) == 0 ? first : program(&chances, around)
    switch around {
    case .interrupt:
      scenario.bounds.cpus = 1
      scenario.bounds.interrupts = 1
      scenario.moves[0].actors = 1
      scenario.moves.append(
        Move(.translate, from: nil, to: .empty, actors: 1 << 2))
    case .storeBuffers: scenario.bounds.storeBuffers = 1
    case .property:
      scenario.properties = [
        .always("no table is marked for slot 0") { state in
          state.frames.allSatisfy { state.load(.entryCount, of: $0) & 1 == 0 }
        }
      ]
    case .reclaimersList, nil: break
    }
    return Search(scenario, options: options) { (machine) throws(Stop) in
      var handover = RandomHandover(
        machine: machine, encoding: encoding,
        locksPush: Array(locks[..<2]), locksTake: Array(locks[2...]),
        programs: [first, second])
      if around == .reclaimersList {
        handover.list = .parked
        handover.listLock = .reclamation
      }
      return handover
    }.firstPass()
  }
}
