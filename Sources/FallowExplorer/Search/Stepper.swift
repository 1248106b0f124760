// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// A machine, the code that runs on it, and the steps that it can take.
///
/// Each thread of a search has one of its own.
@safe
final class Stepper<Checked: Model> {
  let scenario: Scenario
  let mode: WalkerMode
  let layout: Layout
  let fingerprint: Fingerprint
  private let pointer: UnsafeMutablePointer<Core>
  private let model: Checked
  // Read at every step, so apart from the scenario, whose copies count.
  let moves: UnsafeBufferPointer<Move>
  let slots: UnsafeBufferPointer<Slot>

  init(
    _ scenario: Scenario, _ options: SearchOptions,
    makeModel: (SteppingMachine) throws(Stop) -> Checked
  ) {
    self.scenario = scenario
    mode = options.mode
    unsafe moves = Self.copy(scenario.moves)
    unsafe slots = Self.copy(scenario.slots)
    layout = Layout(scenario.bounds)
    fingerprint = Fingerprint(layout: layout, seed: options.seed)
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(
      to: Core(
        layout: layout, rules: scenario.rules, guards: options.guards))
    unsafe pointer.pointee.mode = mode
    unsafe pointer.pointee.forbidsIdleInvalidation =
      scenario.forbidsIdleInvalidation
    unsafe pointer.pointee.registersLag = scenario.bounds.registersLag
    unsafe pointer.pointee.mayFail = scenario.bounds.mayFail
    unsafe pointer.pointee.failsOnce = scenario.bounds.failsOnce
    unsafe pointer.pointee.forgetsFailures = scenario.bounds.forgetsFailures
    unsafe pointer.pointee.keepsEmptyTables = scenario.bounds.keepsEmptyTables
    unsafe pointer.pointee.releasesAtRest = scenario.releasesAtRest
    let machine = unsafe SteppingMachine(pointer: pointer)
    unsafe pointer.pointee.setUp(
      walkingCPUs: scenario.bounds.walkingCPUs)
    if scenario.moves.contains(where: { $0.operation == .end })
      || layout.manual?.hasUserSpaces == true
    {
      unsafe pointer.pointee.makeUserSpaces()
    }
    do throws(Stop) {
      model = try makeModel(machine)
      if !scenario.bounds.startsUnshared
        && scenario.bounds.structures == .none
      {
        try unsafe machine.bindAll(pointer.pointee.layout)
      }
      for slot in scenario.slots where slot.isBinding {
        unsafe pointer.pointee.setSlot(
          slot.number, scenario.bounds.startsUnshared ? .apart : .bound)
      }
      for slot in scenario.slots where !slot.isBinding {
        if scenario.start != .empty && scenario.start != .unknown {
          let move: Operation = scenario.start == .large ? .promote : .map
          _ = try model.perform(move, on: slot)
        }
        unsafe pointer.pointee.setSlot(slot.number, scenario.start)
      }
    } catch {
      preconditionFailure("the set-up was interrupted")
    }
    unsafe pointer.pointee.runsThrough = false
    unsafe pointer.pointee.happened = 0
    unsafe pointer.pointee.carriedOut = InlineArray(repeating: 0)
    unsafe pointer.pointee.reductions = options.reductions
    unsafe pointer.pointee.looksForEndings = options.looksForEndings
    if options.reductions.contains(.slotSymmetry) {
      unsafe pointer.pointee.slotSwap = SlotSwap(scenario, layout: layout)
    }
    // Guard: slots-are-exchanged
    unsafe pointer.pointee.overlooked = options.overlooked
    unsafe pointer.pointee.believesOwnership = options.believesOwnership
    unsafe pointer.pointee.believesGuards = options.believesGuards
    unsafe pointer.pointee.believesStanding = options.believesStanding
    unsafe pointer.pointee.violation = .none
    if mode == .mayHold { unsafe pointer.pointee.walkEverywhere() }
  }

  private static func copy<Element>(
    _ elements: [Element]
  ) -> UnsafeBufferPointer<Element> {
    let copy = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    for (index, element) in elements.enumerated() {
      unsafe (copy + index).initialize(to: element)
    }
    return unsafe UnsafeBufferPointer(start: copy, count: elements.count)
  }

  deinit {
    unsafe pointer.pointee.free()
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
    fingerprint.free()
    unsafe moves.deallocate()
    unsafe slots.deallocate()
  }

  /// The state that the machine is in.
  @inline(__always)
  var state: Cells { unsafe pointer.pointee.cells }

  @inline(__always)
  var core: Core {
    _read { yield unsafe pointer.pointee }
    _modify { yield unsafe &pointer.pointee }
  }

  /// The move of an actor for which a scenario names none: the worker's.
  static var reclaimMove: Int { 0xfe }

  /// Takes an action; false if it is not possible now, and then the state is
  /// spoilt.
  @inline(__always)
  func perform(_ action: Action) -> Bool {
    core.violation = .none
    if core.violationDetail != nil { core.violationDetail = nil }
    core.treeChanged = false
    switch action.kind {
    case .begin, .turn:
      guard turn(action) else { return false }
    case .carryOut:
      guard core.canCarryOut(on: action.actor) else { return false }
      core.takeOwnStep(on: action.actor)
    case .failure:
      core.fail(action.actor)
    case .settle:
      guard core.hasRequest else { return false }
      core.settleRegisters()
    case .flag:
      guard core.setFlag(at: action.move) else { return false }
    case .drain:
      guard core.isBuffering(action.actor) else { return false }
      core.happened |= CoverageGoal.storeWaited.bit
      // What goes wrong is noted.
      try? core.drainOldest(of: action.actor)
    case .mark:
      return core.mark(
        action.move, action.slot, isDirty: action.choice == 1)
    case .fill, .evict, .walk, .step:
      guard core.walkerAct(action) else { return false }
      core.checkWalker(action.actor)
      return true
    }
    guard core.violation == .none, core.treeChanged else { return true }
    if mode == .mayHold { core.walkEverywhere() }
    core.checkWalkers()
    return true
  }

  /// Whether an actor does what was put off, not a move.
  @inline(__always)
  func isOfWorkers(_ actor: Int) -> Bool {
    actor == layout.worker || actor == layout.callback
  }

  private func turn(_ action: Action) -> Bool {
    let actor = action.actor
    let header = layout.headers + actor
    let move = action.move
    let isWorker = isOfWorkers(actor)
    if action.kind == .begin {
      state[header] = UInt64(move + 1) << 8 | UInt64(action.slot) << 16
      if core.isInterrupt(actor),
        state[layout.headers + core.cpu(of: actor)] != 0
      {
        core.happened |= CoverageGoal.interrupted.bit
      }
      if isWorker {
        if actor == layout.worker { state.clearBits(1, at: Layout.flags) }
      } else if unsafe moves[move].from != nil {
        core.setSlot(action.slot, .busy)
      }
    }
    core.beginTurn(of: actor, choice: action.choice)
    do throws(Stop) {
      let succeeded = try unsafe model.perform(
        isWorker ? core.operationOfWorkers : moves[move].operation,
        on: slots[action.slot])
      finish(actor, isWorker ? nil : move, action.slot, succeeded)
    } catch {
      if error == .blocked { return false }
      state[header] = state[header] & ~0xff | UInt64(core.logCount)
      summarize(actor)
    }
    return true
  }

  private func finish(
    _ actor: Int, _ move: Int?, _ slot: Int, _ succeeded: Bool
  ) {
    if core.isUnwinding { core.note(.swallowedStop) }
    if core.cursor != core.logCount { core.note(.notRepeatable) }
    // The next owner of the slot has it by what was stored last.
    if core.buffersStores { try? core.drain() }
    core.endRetiring()
    core.endUnlinking()
    core.endProgram()
    state[layout.headers + actor] = 0
    LogSummary().write(to: state, of: actor, layout)
    if core.isHolding(actor) || core.areInterruptsOff(actor) {
      core.note(.lockDiscipline)
    }
    if let move, unsafe moves[move].from != nil {
      unsafe core.setSlot(
        slot, succeeded ? moves[move].to : moves[move].otherwise)
    }
    if core.violation == .none {
      for index in unsafe slots.indices {
        unsafe core.checkLookup(slots[index])
        if core.rules.cpusCacheAbsence {
          unsafe core.checkAbsence(slots[index])
        }
        unsafe core.checkRights(slots[index])
      }
      core.checkQuiet()
    }
  }

  /// Brings what the state says of an actor's log up to the log.
  private func summarize(_ actor: Int) {
    if let standing = core.standing { return summarize(actor, standing) }
    var index = core.firstNew
    var summary =
      index == 0
      ? LogSummary(digest: core.logCount == 0 ? 0 : fingerprint.emptyLog)
      : LogSummary(of: actor, in: state, layout)
    let swap = core.swapOfOwnSlot
    while index < core.logCount {
      var logged = core.logged(index)
      swap?.exchange(in: &logged)
      summary.add(logged, frames: layout.frames, fingerprint)
      index += 1
    }
    summary.write(to: state, of: actor, layout)
  }
}

extension Stepper {
  /// The same for a program that has said where it stands.
  private func summarize(_ actor: Int, _ standing: Standing) {
    var known = Mentions(rawValue: state[layout.mentions + actor])
    for index in core.newSince..<max(core.newSince, core.logCount) {
      known.add(core.logged(index), frames: layout.frames)
    }
    state[layout.digests + actor] = standing.hash
    state[layout.mentions + actor] =
      standing.mentions.held(knowing: known).rawValue
  }
}

/// How a search treats what walkers hold.
public enum WalkerMode: UInt8, Sendable {
  /// Each walker holds all that it could: for proof.
  case mayHold
  /// Walkers fill, walk and evict step by step: for timelines and for checking
  /// the other mode.
  case concrete
}
