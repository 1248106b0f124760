// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

@testable import FallowExplorer

/// A protocol at random in which two CPUs show each other by words what they
/// unlinked and what they use, or in which one writes to a table late.
struct RandomSignals: Model {
  enum Step {
    case unlink, flush, quarantine, free
    case submit, fence, wait, awaitReaders
    case lock(KernelLock), unlock(KernelLock)
    /// Stores late what would be mapped, in a table that may be unlinked.
    case writeLeaf
    /// Says which table was unlinked; takes the one that the other says, and
    /// gives it back.
    case announce, take, freeTaken
    /// Says that the other's table is in use; looks for it; reads it; says that
    /// it is not in use.
    case mark, look, use, unmark
    /// Gives the own table back, or links it again if the other uses it.
    case freeUnlessUsed
  }

  let machine: SteppingMachine
  let driver: SteppingDriver
  let programs: [[Step]]
  /// Whether the tables have a leaf to begin with.
  let mapsLeaf: Bool
  /// Whether an invalidation names the addresses of the table.
  let namesRange: Bool

  /// The table that a slot's program says it unlinked.
  private func announced(_ slot: Int) -> KernelWord {
    KernelWord(index: 4 + slot)
  }

  /// Whether a slot's program uses the other's table.
  private func used(by slot: Int) -> KernelWord { KernelWord(index: 6 + slot) }

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    switch operation {
    case .map: try map(slot)
    default: try run(slot)
    }
    return true
  }

  private func map(_ slot: Slot) throws(Stop) {
    guard let table = try machine.makeTable(for: slot) else { return }
    if !mapsLeaf { try machine.store(0, to: table.address + slot.leafOffset) }
    try machine.link(table, at: slot.rootEntry)
  }

  private func run(_ slot: Slot) throws(Stop) {
    guard let own = try machine.table(at: slot.rootEntry) else { return }
    let other = slot.other
    var tickets: [UInt64] = []
    var found: FrameNumber?
    var taken: FrameNumber?
    for step in programs[slot.number] {
      switch step {
      case .unlink: _ = try machine.exchange(0, at: slot.rootEntry)
      case .flush: try machine.flushCPUs(slot.range)
      case .quarantine: try machine.describe(own, as: .quarantined)
      case .free: try machine.free(own, order: 0)
      case .submit:
        try driver.submit(
          InvalidationRequest(
            pasid: PASID(0), range: namesRange ? slot.range : nil), to: 0)
      case .fence: tickets.append(try driver.fence(0))
      case .wait:
        guard let ticket = tickets.popLast() else { continue }
        _ = try driver.wait(for: ticket, on: 0)
      case .awaitReaders: try machine.awaitReaders()
      case .lock(let lock): try machine.lock(lock)
      case .unlock(let lock): try machine.unlock(lock)
      case .writeLeaf:
        try machine.store(slot.leaf, to: own.address + slot.leafOffset)
      case .announce:
        try machine.store(own.address.rawValue, to: announced(slot.number))
      case .take:
        let word = try machine.exchange(0, at: announced(other.number))
        if word != 0 { taken = FrameNumber(containing: PhysicalAddress(word)) }
      case .freeTaken:
        if let taken { try machine.free(taken, order: 0) }
        taken = nil
      case .mark: try machine.store(1, to: used(by: slot.number))
      case .look: found = try machine.table(at: other.rootEntry)
      case .use: if let found { _ = try machine.load(found.address) }
      case .unmark: try machine.store(0, to: used(by: slot.number))
      case .freeUnlessUsed:
        if try machine.load(used(by: other.number)) == 0 {
          try machine.free(own, order: 0)
        } else {
          try machine.describe(own, as: .linked)
          try machine.link(own, at: slot.rootEntry)
        }
      }
    }
  }
}

extension RandomSignals {
  private enum Shape: CaseIterable {
    /// One CPU unlinks a table, the other waits for the devices and frees it.
    case handsOver
    /// A CPU uses the other's table without a lock, and says so before.
    case marks
    /// A CPU writes to the table that it unlinks.
    case writesLate
  }

  private struct Draw {
    var chances: RandomNumbers

    /// Steps, with a lock held during them or not.
    mutating func guarded(
      _ percent: UInt64, by lock: KernelLock, _ steps: [Step]
    ) -> [Step] {
      chances.happens(percent) ? [.lock(lock)] + steps + [.unlock(lock)] : steps
    }

    mutating func programs(_ shape: Shape) -> [[Step]] {
      let unlinking: [Step] = [.unlink, .flush, .quarantine]
      switch shape {
      case .handsOver:
        let telling: [Step] =
          chances.happens(60) ? [.announce, .submit] : [.submit, .announce]
        return [
          unlinking + guarded(80, by: .sharing, telling),
          [.take] + guarded(50, by: .sharing, [.fence])
            + [.wait, .awaitReaders, .freeTaken],
        ]
      case .marks:
        return [
          guarded(80, by: .foreignList, [.mark, .look]) + [.use, .unmark],
          unlinking + guarded(90, by: .sharing, [.submit, .fence])
            + [.wait, .awaitReaders, .freeUnlessUsed],
        ]
      case .writesLate:
        let ending: [Step] = [.wait, .awaitReaders, .free]
        let plain =
          unlinking + guarded(85, by: .sharing, [.submit, .fence]) + ending
        var late =
          [.unlink, .flush] + guarded(85, by: .sharing, [.submit, .fence])
          + ending
        let place = 2 + chances.below(late.count - 2)
        late.insert(contentsOf: [.writeLeaf, .quarantine], at: place)
        // The other CPU does nothing, or the same without writing.
        return [late, chances.happens(50) ? plain : []]
      }
    }

    /// Something that was not meant to be there.
    mutating func disturb(_ programs: inout [[Step]]) {
      let number = chances.below(2)
      let more: Step = chances.one(of: [
        .flush, .fence, .awaitReaders, .announce, .mark, .look, .use,
        .writeLeaf, .submit,
      ])
      programs[number].insert(
        more, at: chances.below(programs[number].count))
    }
  }

  /// What a search finds before it explains anything; `varies` if on the
  /// hardware of other vendors and with drivers of all kinds.
  static func search(
    seed: UInt64, _ options: SearchOptions, varies: Bool = false
  ) -> Outcome {
    var draw = Draw(chances: RandomNumbers(seed: seed, stream: 7))
    var scenario = Scenario.mapUnmap(Catalogue.bounds(cpus: 2, slots: 2))
    scenario.bounds.keepsEmptyTables = true
    // What is mapped afterwards is not looked at: only what is used and freed.
    scenario.start = .apart
    scenario.moves = [Move(.unmap, from: .apart, to: .bound)]
    scenario.mustHappen = []
    let shape = draw.chances.one(of: Shape.allCases)
    var fault = DriverFault.none
    var mapsLeaf = true
    var namesRange = false
    switch shape {
    case .handsOver: break
    case .marks:
      scenario.bounds.storeBuffers = 1 + draw.chances.below(2)
    case .writesLate:
      scenario.bounds.ats = draw.chances.happens(80)
      fault = draw.chances.one(of: [.none, .none, .noDevice, .deviceFirst])
      mapsLeaf = draw.chances.happens(40)
    }
    var programs = draw.programs(shape)
    while draw.chances.happens(varies ? 60 : 30) { draw.disturb(&programs) }
    if varies {
      namesRange = draw.chances.happens(50)
      scenario.rules = draw.chances.one(of: [.vtd, .amd, .riscv, .smmuv3])
      scenario.bounds.ats = draw.chances.happens(50)
      scenario.bounds.mayFail = draw.chances.happens(20)
      fault = draw.chances.one(of: [
        .none, .none, .noDevice, .deviceFirst, .leavesOnly, .onePage,
        .upperPart, .noWait, .failureIsSuccess,
      ])
    }
    return Search(scenario, options: options) {
      [programs, fault, mapsLeaf, namesRange] (machine) throws(Stop) in
      RandomSignals(
        machine: machine,
        driver: SteppingDriver(platform: machine, fault: fault),
        programs: programs, mapsLeaf: mapsLeaf, namesRange: namesRange)
    }.firstPass()
  }
}
