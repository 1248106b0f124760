// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// A protocol that is given as three functions.
struct PlainProtocol: Model {
  typealias Body =
    @Sendable (SteppingMachine, Slot) throws(Stop) -> Bool

  let machine: SteppingMachine
  var map: Body = Steps.map
  var unmap: Body = Steps.unmap
  var reclaim: Body = Steps.reclaim
  var translate: Body = { (_, _) throws(Stop) in true }
  var narrow: Body = { (_, _) throws(Stop) in true }
  var callback: Body = { (_, _) throws(Stop) in true }

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    switch operation {
    case .map: try map(machine, slot)
    case .unmap: try unmap(machine, slot)
    case .reclaim: try reclaim(machine, slot)
    case .translate: try translate(machine, slot)
    case .narrow: try narrow(machine, slot)
    case .callback: try callback(machine, slot)
    default: throw machine.unknown(operation)
    }
  }
}

extension PlainProtocol {
  /// The right protocol, from which each test departs in one thing.
  enum Steps {
    static let map: Body = { (machine, slot) throws(Stop) in
      guard let table = try machine.makeTable(for: slot) else { return false }
      try machine.link(table, at: slot.rootEntry)
      return true
    }

    /// The same, and the leaf may be written through.
    static let mapWritable: Body = { (machine, slot) throws(Stop) in
      guard let table = try machine.makeTable(for: slot) else { return false }
      try machine.store(
        slot.leaf | TinyEntry.writable, to: table.address + slot.leafOffset)
      try machine.link(table, at: slot.rootEntry)
      return true
    }

    /// Maps by a table that was in use before.
    static func mapAgain(
      _ table: FrameNumber, _ machine: SteppingMachine, _ slot: Slot
    ) throws(Stop) -> Bool {
      try machine.describe(table, as: .linked)
      try machine.fill(table.address, count: 2, first: 0, step: 0)
      try machine.store(slot.leaf, to: table.address + slot.leafOffset)
      try machine.link(table, at: slot.rootEntry)
      return true
    }

    static let unmap: Body = { (machine, slot) throws(Stop) in
      try retire(try unlink(machine, slot), on: machine)
      return true
    }

    static let reclaim: Body = { (machine, _) throws(Stop) in
      guard let first = try machine.takeAll() else { return true }
      try release(first, on: machine)
      return true
    }

    static func unlink(
      _ machine: SteppingMachine, _ slot: Slot
    ) throws(Stop) -> FrameNumber {
      let entry = try machine.exchange(0, at: slot.rootEntry)
      try machine.flushCPUs(slot.range)
      return FrameNumber(containing: PhysicalAddress(entry))
    }

    static func retire(
      _ table: FrameNumber, on machine: SteppingMachine
    ) throws(Stop) {
      try machine.describe(table, as: .quarantined)
      try machine.push(table)
      try machine.scheduleWorker(after: 0)
    }

    static func release(
      _ first: FrameNumber, on machine: SteppingMachine
    ) throws(Stop) {
      guard try machine.sharing().invalidateKernelHalf() else { return }
      try machine.releaseAll(from: first)
    }
  }
}

extension PlainProtocol {
  /// Two CPUs map and unmap, of which each slot has a table of its own.
  static func scenario(cpus: Int = 2, slots: Int = 2) -> Scenario {
    var bounds = Bounds()
    bounds.cpus = cpus
    bounds.slots = slots
    return Scenario.mapUnmap(bounds)
  }

  /// CPU 1 reads while CPU 0 maps and unmaps.
  static var withReader: Scenario {
    var scenario = scenario()
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    scenario.moves.append(Move(.translate, from: nil, to: .empty, actors: 2))
    return scenario
  }

  static func search(
    _ scenario: Scenario = scenario(), reductions: Reductions = .all,
    memory: Int = 512,
    _ change: @escaping @Sendable (inout PlainProtocol) -> Void
  ) -> Outcome {
    var options = SearchOptions()
    options.reductions = reductions
    options.memory = memory
    return Search(scenario, options: options) { (machine) throws(Stop) in
      var model = PlainProtocol(machine: machine)
      change(&model)
      return model
    }.run()
  }
}
